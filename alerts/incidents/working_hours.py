"""When people work next: a snooze "until the next working hours" ends then. Pure."""

from datetime import datetime, time, timedelta, tzinfo

BEGIN, END = time(9, 0), time(17, 0)
WEEKEND = (5, 6)


def next_working_hours(now: datetime, zone: tzinfo) -> datetime:
    """The next 9:00 of a Monday to Friday on the wall's clock of a zone, later than `now`; while people work that is the next day's."""
    local = now.astimezone(zone)
    day = local.date()
    for ahead in range(8):
        start = datetime.combine(day + timedelta(days=ahead), BEGIN, zone)
        if start > now and start.weekday() not in WEEKEND:
            return start.astimezone(now.tzinfo)
    raise AssertionError("a week without a working day")
