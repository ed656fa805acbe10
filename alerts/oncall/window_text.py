"""Spans of a day as people write them: "Mon-Fri 09:00 to 17:00 Europe/Vienna", "daily 22:00 to 06:00 UTC". Pure."""

import re
from collections.abc import Mapping
from typing import Any

from alerts.oncall.windows import DAYS

SPAN = re.compile(r"(?P<days>.*?)\s*(?P<start>\d{1,2}:\d{2})\s*(?:to|-)\s*(?P<end>\d{1,2}:\d{2})\s+(?P<zone>\S+)")
EXAMPLE = "Write it as: Mon-Fri 09:00 to 17:00 Europe/Vienna, or: daily 22:00 to 06:00 UTC."


def window_of_text(text: str) -> dict[str, Any] | None:
    """As PolicyStep.only_between; None: empty. Raises ValueError with the fix; times and zone are looked at by policy_rules."""
    if not text.strip():
        return None
    found = SPAN.fullmatch(text.strip())
    if found is None:
        raise ValueError(EXAMPLE)
    start, end = (f"{found[name]:0>5}" for name in ("start", "end"))
    return {"time_zone": found["zone"], "weekdays": _weekdays(found["days"]), "start": start, "end": end}


def _weekdays(text: str) -> list[int]:
    days: set[int] = set()
    for word in text.replace(",", " ").split():
        if word.lower() == "daily":
            continue
        first, dash, last = (part.strip().title()[:3] for part in word.partition("-"))
        if first not in DAYS or (dash and last not in DAYS):
            raise ValueError(f"{word!r} is no weekday: {', '.join(DAYS)}. {EXAMPLE}")
        begin = DAYS.index(first)
        span = (DAYS.index(last) - begin) % 7 if dash else 0
        days |= {(begin + step) % 7 for step in range(span + 1)}
    return sorted(days)


def text_of_window(window: Mapping[str, Any] | None) -> str:
    if not window:
        return ""
    days = " ".join(DAYS[day] for day in window.get("weekdays") or ()) or "daily"
    return f"{days} {window['start']} to {window['end']} {window['time_zone']}"
