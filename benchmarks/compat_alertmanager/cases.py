"""A case: a configuration, and what is posted when. Everything is JSON; times are in beats, so that a case can be played slower.

What is posted stands on whole beats, an alert that is older than its group's wait on a quarter, and groups are looked at on halves: what
happens first is never left to a race.
"""

from dataclasses import asdict, dataclass, field
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Case:
    """`route`: Alertmanager's tree with durations in beats. `receivers`: name → for each webhook whether it wants resolves.

    `steps`: in order, each with `at` and one of `alerts` (labels, starts, ends; None: left out), `silence` (name, matchers, starts, ends)
    and `expire` (a silence's name).
    """

    seed: int
    route: Json
    receivers: dict[str, list[bool]]
    resolve_timeout: float
    inhibit_rules: list[Json] = field(default_factory=list)
    time_intervals: dict[str, list[Json]] = field(default_factory=dict)
    steps: list[Json] = field(default_factory=list)
    until: float = 18.0

    def as_json(self) -> Json:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Told:
    """An alert in a notification: status, labels, start and (of a resolved one) end in beats."""

    firing: bool
    labels: tuple[tuple[str, str], ...]
    starts: float
    ends: float | None

    def words(self) -> str:
        ends = "" if self.ends is None else f"{self.ends:.2f}"
        return f"{'firing' if self.firing else 'resolved'} {dict(self.labels)} {self.starts:.2f}…{ends}"


@dataclass(frozen=True, slots=True)
class Notification:
    """What a webhook was sent: `at` in beats, alerts in the order of the message."""

    at: float
    receiver: str
    webhook: int
    group_key: str
    group_labels: tuple[tuple[str, str], ...]
    status: str
    alerts: tuple[Told, ...]

    @property
    def stream(self) -> tuple[str, int, str]:
        """Notifications of one stream come in order; between streams there is none."""
        return self.receiver, self.webhook, self.group_key

    def as_json(self) -> Json:
        return asdict(self)

    @classmethod
    def of_json(cls, data: Json) -> "Notification":
        alerts = tuple(Told(one["firing"], _pairs(one["labels"]), one["starts"], one["ends"]) for one in data["alerts"])
        return cls(**{**data, "group_labels": _pairs(data["group_labels"]), "alerts": alerts})


def _pairs(rows: list[list[str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value) for name, value in rows)
