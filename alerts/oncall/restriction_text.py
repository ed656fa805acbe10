"""Restrictions of a layer as people write them, one a line: "Mon-Fri 09:00 to 17:00", "daily 22:00 to 06:00". Pure."""

from collections.abc import Mapping, Sequence
from typing import Any

from alerts.oncall.window_text import window_of_text
from alerts.oncall.windows import DAYS

EXAMPLE = "Write it as: Mon-Fri 09:00 to 17:00, or: daily 22:00 to 06:00."


def restrictions_of_text(text: str) -> list[dict[str, Any]]:
    """As Layer.restrictions; raises ValueError naming the line. Times are looked at by layer_rules."""
    out: list[dict[str, Any]] = []
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip():
            continue
        try:
            window = window_of_text(f"{line.strip()} UTC")
        except ValueError:
            raise ValueError(f"Line {number}: {line.strip()[:60]!r} is not understood. {EXAMPLE}") from None
        if window:
            days = window["weekdays"] or [None]
            out += [{"weekday": day, "start": window["start"], "end": window["end"]} for day in days]
    return out


def text_of_restrictions(restrictions: Sequence[Mapping[str, Any]]) -> str:
    """The other way round; weekdays with the same times are one line."""
    lines: dict[tuple[bool, str, str], list[int]] = {}
    for one in restrictions:
        days = lines.setdefault((one["weekday"] is None, one["start"], one["end"]), [])
        if one["weekday"] is not None:
            days.append(one["weekday"])
    return "\n".join(f"{_days(days)} {start} to {end}" for (_, start, end), days in lines.items())


def _days(days: Sequence[int]) -> str:
    if not days:
        return "daily"
    runs: list[list[int]] = []
    for day in sorted(set(days)):
        if runs and day == runs[-1][-1] + 1:
            runs[-1].append(day)
        else:
            runs.append([day])
    return " ".join(_run(run) for run in runs)


def _run(run: Sequence[int]) -> str:
    if len(run) > 2:
        return f"{DAYS[run[0]]}-{DAYS[run[-1]]}"
    return " ".join(DAYS[day] for day in run)
