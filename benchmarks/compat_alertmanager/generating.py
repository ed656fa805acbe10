"""Random cases, each from its seed: trees, receivers, inhibition, intervals, and what is posted when."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from alerts.incidents.intervals import MONTHS, WEEKDAYS
from benchmarks.compat_alertmanager.cases import Case, Json

VALUES = {
    "alertname": ("DiskFull", "HighLatency", "Down"),
    "severity": ("critical", "warning", ""),
    "cluster": ("eu", "us", ""),
    "instance": ("a:1", "b:2"),
    "job": ("api", "", ""),
    "note": ("", "", 'say "hi"\\n', "zwölf, {x}"),
}
MATCHERS = (
    "severity=critical",
    'severity="warning"',
    "severity!=critical",
    'severity=""',
    'severity=~"crit.*|none"',
    'severity=~".+"',
    'severity!~"w.*"',
    "cluster=eu",
    "cluster!=eu",
    'cluster=~"e|u|us"',
    'cluster=~"(eu|us)?"',
    'cluster!~"e."',
    "alertname=DiskFull",
    'alertname=~"D.*"',
    'alertname=~"isk"',
    'alertname!="Down"',
    'instance=~"a:[0-9]+"',
    'job="api"',
    'job!~"a.i"',
    'note=~".*\\"hi\\".*"',
    'note="zwölf, {x}"',
    "absent=",
    "absent!=x",
)
GROUP_BY: tuple[list[str] | None, ...] = (
    None,
    None,
    [],
    ["alertname"],
    ["cluster"],
    ["alertname", "cluster"],
    ["severity", "absent"],
    ["instance", "alertname"],
    ["..."],
    ["note"],
)
EQUAL: tuple[list[str], ...] = ([], ["cluster"], ["cluster", "absent"], ["instance"], ["alertname"], ["absent"])
LAST_STEP = 15


def case_of(seed: int, now: datetime | None = None) -> Case:
    """The case of a seed; time intervals are about `now` and hold, or do not, for an hour."""
    dice = random.Random(seed)
    names = ["one", "two", "drei 3"][: dice.randint(1, 3)]
    intervals = {
        f"times{number}": [_interval(dice, now or datetime.now(UTC))] for number in range(dice.choice((0, 0, 1, 2)))
    }
    resolve_timeout = dice.choice((3.7, 5.7, 50.7))
    return Case(
        seed=seed,
        route=_route(dice, names, list(intervals), 0),
        receivers={name: [dice.random() < 0.7 for _ in range(dice.choice((1, 1, 2)))] for name in names},
        resolve_timeout=resolve_timeout,
        inhibit_rules=[_inhibition(dice) for _ in range(dice.choice((0, 0, 1, 2)))],
        time_intervals=intervals,
        steps=_steps(dice, resolve_timeout),
    )


def _route(dice: random.Random, names: list[str], intervals: list[str], depth: int) -> Json:
    route: Json = {}
    if depth == 0 or dice.random() < 0.7:
        route["receiver"] = dice.choice(names)
    if (group_by := dice.choice(GROUP_BY)) is not None:
        route["group_by"] = group_by
    for name, chance, values in (
        ("group_wait", 0.5, (0.5, 1.5, 2.5)),
        ("group_interval", 0.5, (1, 2, 3)),
        ("repeat_interval", 0.4, (2.4, 3.4, 6.4, 50.4)),
    ):
        if depth == 0 or dice.random() < chance:
            route[name] = dice.choice(values)
    if depth:
        _below_root(dice, route, intervals)
    if depth < 3 and (count := dice.choice(((1, 2, 3), (0, 0, 1, 2), (0, 0, 0, 1))[depth])):
        route["routes"] = _different([_route(dice, names, intervals, depth + 1) for _ in range(count)])
    return route


def _below_root(dice: random.Random, route: Json, intervals: list[str]) -> None:
    route["matchers"] = [dice.choice(MATCHERS) for _ in range(dice.choice((0, 1, 1, 1, 2)))]
    if dice.random() < 0.45:
        route["continue"] = True
    if intervals and dice.random() < 0.5:
        route[dice.choice(("mute_time_intervals", "active_time_intervals"))] = [dice.choice(intervals)]


def _different(routes: list[Json]) -> list[Json]:
    """Without a second route of the same matchers: Alertmanager keeps one log of notifications for both, and races."""
    found: dict[tuple[str, ...], Json] = {}
    for route in routes:
        found.setdefault(tuple(sorted(set(route["matchers"]))), route)
    return list(found.values())


def _inhibition(dice: random.Random) -> Json:
    def side() -> list[str]:
        return [dice.choice(MATCHERS) for _ in range(dice.choice((1, 1, 2)))]

    return {"source_matchers": side(), "target_matchers": side(), "equal": dice.choice(EQUAL)}


def _interval(dice: random.Random, now: datetime) -> Json:
    """One that surely holds or surely does not, in each of its fields, for an hour around `now`."""
    interval: Json = {}
    zone = dice.choice((None, "Europe/Vienna", "Asia/Kolkata", "America/St_Johns"))
    if zone:
        interval["location"] = zone
    hour = now.astimezone(UTC).replace(minute=0)
    if not zone and 1 <= hour.hour < 21 and dice.random() < 0.6:
        first = (hour + timedelta(hours=dice.choice((-1, 2)))).hour
        interval["times"] = [{"start_time": f"{first:02d}:00", "end_time": f"{first + 3 if first < 21 else 24:02d}:00"}]
    if dice.random() < 0.3:
        interval["years"] = [dice.choice((f"{now.year - 1}:{now.year + 1}", "1990:1999"))]
    if dice.random() < 0.3:
        interval["months"] = [dice.choice(("1:12", "january:june", MONTHS[now.month - 1], str(now.month % 12 + 1)))]
    if 4 <= hour.hour < 12 and dice.random() < 0.5:  # the same day in all of the zones
        interval["weekdays"] = [dice.choice(WEEKDAYS), dice.choice(WEEKDAYS)]
    if 4 <= hour.hour < 12 and dice.random() < 0.5:
        interval["days_of_month"] = [dice.choice(("1:-1", "-31:-1", f"{now.day}", "30:31", "-7:-1"))]
    return interval


def _steps(dice: random.Random, resolve_timeout: float) -> list[Json]:
    """Posts of a few alerts, with silences between; each step at a beat of its own."""
    senders = [_Sender(dice, _labels(dice), resolve_timeout) for _ in range(dice.randint(1, 6))]
    old = dice.choice((None, None, dice.randint(0, 9)))
    steps: list[Json] = []
    silenced, expired = 0, 0
    for beat in range(LAST_STEP):
        if beat == old:
            steps.append({"at": beat + 0.25, "alerts": [senders[0].old(beat)]})
        elif beat == 0 or dice.random() < 0.55:
            chosen = dice.sample(senders, dice.randint(1, min(3, len(senders))))
            steps.append({"at": float(beat), "alerts": [one.sent(beat) for one in chosen]})
        elif dice.random() < 0.3:
            silenced += 1
            steps.append({"at": float(beat), "silence": _silence(dice, f"s{silenced}", beat)})
        elif silenced > expired and dice.random() < 0.4:
            steps.append({"at": float(beat), "expire": f"s{silenced}"})
            expired = silenced
    return steps


@dataclass(slots=True)
class _Sender:
    """Posts one alert: that it fires, that it has resolved, and, one time in twelve, once more that it has."""

    dice: random.Random
    labels: dict[str, str]
    resolve_timeout: float
    fires_until: float = -1.0

    def sent(self, beat: int) -> Json:
        if self.dice.random() < (0.4 if self.fires_until > beat else 0.08):
            ends: float | None = float(beat)
        else:
            ends = self.dice.choice((None, None, None, beat + 2.85, beat + 4.85, beat + 30.85))
        until = beat + self.resolve_timeout if ends is None else ends
        self.fires_until = max(self.fires_until, until) if until > beat else until
        return {"labels": self.labels, "starts": self.dice.choice((None, None, float(beat))), "ends": ends}

    def old(self, beat: int) -> Json:
        """It fires since before any group's wait."""
        ends = beat + self.dice.choice((3.85, 30.85))
        self.fires_until = max(self.fires_until, ends)
        return {"labels": self.labels, "starts": float(beat - 20), "ends": ends}


def _labels(dice: random.Random) -> dict[str, str]:
    labels = {name: dice.choice(values) for name, values in VALUES.items()}
    return {name: value for name, value in labels.items() if value or dice.random() < 0.3}


def _silence(dice: random.Random, name: str, beat: int) -> Json:
    starts = beat + dice.choice((0, 0, 1, 3))
    matchers = [
        dice.choice(("alertname=DiskFull", 'alertname=~"D.*"', "severity=critical", "cluster=eu", 'instance=~"a.*"'))
    ]
    if dice.random() < 0.3:
        matchers.append(dice.choice(("severity!=warning", 'cluster!~"u.*"')))
    return {
        "name": name,
        "matchers": matchers,
        "starts": float(starts),
        "ends": float(starts + dice.choice((1, 3, 6, 30))),
    }
