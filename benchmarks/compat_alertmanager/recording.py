"""Cases and what Alertmanager told in them, as a file: tests compare with it where no Alertmanager is at hand."""

from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

import orjson

from benchmarks.compat_alertmanager.cases import Case, Json, Notification
from benchmarks.compat_alertmanager.playing import Played

MOST_BYTES = 195_000


def write(path: Path, played: Iterable[Played]) -> int:
    """As many as fit, each on a line; how many those are."""
    lines: list[bytes] = []
    for one in played:
        line = orjson.dumps(_as_json(one))
        if sum(map(len, lines)) + len(line) + len(lines) > MOST_BYTES:
            break
        lines.append(line)
    path.write_bytes(b"\n".join([*lines, b""]))
    return len(lines)


def read(path: Path) -> list[Played]:
    return [_of_json(orjson.loads(line)) for line in path.read_bytes().splitlines()]


def _as_json(played: Played) -> Json:
    return {
        "case": played.case.as_json(),
        "start": played.start.isoformat(),
        "beat_s": played.beat_s,
        "told": [_rounded(one.as_json()) for one in played.told],
    }


def _rounded(told: Json) -> Json:
    """Times to a hundredth of a beat, which is far within what is compared."""
    alerts = [
        {**one, "starts": round(one["starts"], 2), "ends": one["ends"] and round(one["ends"], 2)}
        for one in told["alerts"]
    ]
    return {**told, "at": round(told["at"], 2), "alerts": alerts}


def _of_json(data: Json) -> Played:
    told = [Notification.of_json(one) for one in data["told"]]
    return Played(Case(**data["case"]), datetime.fromisoformat(data["start"]), data["beat_s"], 0.0, told)
