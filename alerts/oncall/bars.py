"""The calendar's rows of bars: places in percent of the span that is shown, and words. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from alerts.oncall.calendar_range import Shown, midnight
from alerts.oncall.rotation import Rotation, Shift, shifts
from alerts.oncall.timeline import Cover, Plan, Stretch, final
from alerts.oncall.wallclock import wall_time

COLOURS = 8  # --chart-1 to --chart-8
LEAST_FOR_WORDS = 1.2  # percent of the width; a narrower bar has its words only under the pointer
LETTER = 0.6  # percent of the width that a letter takes, about
LANE_PX = 28


@dataclass(frozen=True, slots=True)
class Bar:
    """`left` and `width` in percent. `who` and `when` are for people, `label` is what of it has room; `start` and `end` in UTC."""

    left: str
    width: str
    top: int
    who: str
    when: str
    css: str
    start: datetime
    end: datetime
    person: int | None
    label: str


@dataclass(frozen=True, slots=True)
class Row:
    """`kind`: layer, overrides or final. `height` in pixels: overrides that overlap lie in lanes below one another."""

    kind: str
    name: str
    note: str
    bars: tuple[Bar, ...]
    height: int = LANE_PX


@dataclass(frozen=True, slots=True)
class Day:
    """A column; `words` such as "Mon 23", with the month on the first day and on the 1st."""

    left: str
    width: str
    weekday: str
    words: str
    is_today: bool
    is_weekend: bool


@dataclass(frozen=True, slots=True)
class Names:
    """What people are called, and the colour of each: 1 to 8, in the order of the names."""

    names: Mapping[int, str]

    def of(self, person: int) -> str:
        return self.names.get(person, "somebody who is gone")

    def of_all(self, people: Sequence[int]) -> str:
        return ", ".join(self.of(person) for person in people)

    def colour(self, person: int) -> int:
        order = sorted(self.names, key=lambda one: (self.names[one].lower(), one))
        return order.index(person) % COLOURS + 1 if person in self.names else COLOURS


def percent(at: datetime, shown: Shown) -> float:
    return 100 * ((at - shown.start) / (shown.end - shown.start))


def days_of(shown: Shown, now: datetime) -> list[Day]:
    today = wall_time(now, shown.zone).date()
    edges = [*(midnight(day, shown.zone) for day in shown.days), shown.end]
    return [
        Day(
            left=_text(percent(edges[number], shown)),
            width=_text(percent(edges[number + 1], shown) - percent(edges[number], shown)),
            weekday=f"{day:%a}",
            words=_day_words(day, number),
            is_today=day == today,
            is_weekend=day.weekday() > 4,
        )
        for number, day in enumerate(shown.days)
    ]


def _day_words(day: date, number: int) -> str:
    return f"{day.day} {day:%b}" if number == 0 or day.day == 1 else str(day.day)


def now_at(shown: Shown, now: datetime) -> str:
    """Where the line of the present is; empty: not in what is shown."""
    return _text(percent(now, shown)) if shown.start <= now < shown.end else ""


def rows_of(plan: Plan, layer_names: Sequence[str], shown: Shown, names: Names) -> list[Row]:
    """The final line first, then overrides, then layers from the one that wins downwards."""
    layers = [
        Row("layer", name, rotation_words(rotation), tuple(_shift_bar(one, shown, names) for one in found))
        for rotation, name, found in (
            (rotation, name, shifts(rotation, shown.start, shown.end))
            for rotation, name in zip(plan.layers, layer_names, strict=True)
        )
    ]
    whole = tuple(_final_bar(piece, shown, names) for piece in final(plan, shown.start, shown.end))
    return [Row("final", "On call", "what holds", whole), *_override_rows(plan.covers, shown, names), *reversed(layers)]


def rotation_words(rotation: Rotation) -> str:
    """How a layer turns, such as "weekly" or "every 8 hours, restricted"."""
    unit = {"hourly": "hour", "daily": "day", "weekly": "week", "monthly": "month"}[rotation.kind]
    turn = rotation.kind if rotation.length == 1 else f"every {rotation.length} {unit}s"
    return f"{turn}, restricted" if rotation.restrictions else turn


def _override_rows(covers: Sequence[Cover], shown: Shown, names: Names) -> list[Row]:
    bars: list[Bar] = []
    lanes: list[datetime] = []  # when each lane is free again
    for cover in sorted(covers, key=lambda one: (one.start, one.order)):
        if cover.end <= shown.start or cover.start >= shown.end:
            continue
        lane = next((number for number, free in enumerate(lanes) if free <= cover.start), len(lanes))
        lanes[lane : lane + 1] = [cover.end]
        bars.append(_override_bar(cover, lane, shown, names))
    return [Row("overrides", "Overrides", "", tuple(bars), LANE_PX * len(lanes))] if bars else []


def _override_bar(cover: Cover, lane: int, shown: Shown, names: Names) -> Bar:
    who = names.of(cover.person) if cover.person is not None else "Nobody"
    instead = names.of(cover.replaces) if cover.replaces is not None else "everybody"
    css = "gap" if cover.person is None else f"person-{names.colour(cover.person)}"
    return _bar(f"{who} for {instead}", css, cover.person, (cover.start, cover.end), shown, lane)


def _shift_bar(shift: Shift, shown: Shown, names: Names) -> Bar:
    css = f"person-{names.colour(shift.person)}"
    return _bar(names.of(shift.person), css, shift.person, (shift.start, shift.end), shown)


def _final_bar(piece: Stretch, shown: Shown, names: Names) -> Bar:
    if not piece.people:
        return _bar("Nobody", "gap", None, (piece.start, piece.end), shown)
    css = f"person-{names.colour(piece.people[0])}"
    return _bar(names.of_all(piece.people), css, piece.people[0], (piece.start, piece.end), shown)


def _bar(who: str, css: str, person: int | None, span: tuple[datetime, datetime], shown: Shown, lane: int = 0) -> Bar:
    left = percent(max(span[0], shown.start), shown)
    width = percent(min(span[1], shown.end), shown) - left
    return Bar(
        left=_text(left),
        width=_text(width),
        top=lane * LANE_PX,
        who=who,
        when=when(*span, shown.zone),
        css=css,
        start=span[0],
        end=span[1],
        person=person,
        label=_label(who, width),
    )


def _label(who: str, width: float) -> str:
    """All words, the first of them, or none."""
    if width < LEAST_FOR_WORDS:
        return ""
    return who if len(who) * LETTER < width - 1 else who.partition(" ")[0]


def when(start: datetime, end: datetime, zone: ZoneInfo) -> str:
    """A span in words: "Mon 23 Nov 09:00 to 17:00 (8 h)", with the day of the end where it is another one."""
    first, last = wall_time(start, zone), wall_time(end, zone)
    until = f"{last:%H:%M}" if first.date() == last.date() else moment(end, zone)
    return f"{moment(start, zone)} to {until} ({length(end - start)})"


def moment(at: datetime, zone: ZoneInfo) -> str:
    """An instant in words: "Mon 23 Nov 09:00"."""
    wall = wall_time(at, zone)
    return f"{wall:%a} {wall.day} {wall:%b %H:%M}"


def length(span: timedelta) -> str:
    """A span in words: "7 d", "1 d 4 h", "30 min"."""
    minutes = round(span / timedelta(minutes=1))
    parts = ((minutes // 1440, "d"), (minutes % 1440 // 60, "h"), (minutes % 60, "min"))
    return " ".join(f"{count} {unit}" for count, unit in parts if count) or "0 min"


def _text(percentage: float) -> str:
    return f"{percentage:.3f}%"
