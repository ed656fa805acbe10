"""The contract of a probe: settings in, one `Result` out, before the deadline.

A probe asks its question once in `run`. It raises nothing for a fault of what it watches: it returns a Result with the
verdict, a stable cause and one sentence an operator understands. The engine bounds `run` by the check's timeout and turns a
timeout or an unforeseen exception into a Result too, so a probe need not catch those.
"""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple, TypeVar

from django import forms

from monitoring.checks.choices import Cause, Comparator, Status

if TYPE_CHECKING:
    from psycopg import AsyncConnection
    from psycopg_pool import AsyncConnectionPool

T = TypeVar("T")
Json = Any


class Unit:
    """Base units only, as Prometheus advises; pages choose the prefix."""

    SECONDS = "s"
    BYTES = "B"
    RATIO = "ratio"  # 0 to 1
    COUNT = ""
    PER_SECOND = "/s"
    BYTES_PER_SECOND = "B/s"
    DAYS = "d"
    BOOLEAN = "bool"  # 0 or 1


class Value(NamedTuple):
    """What a probe measures under one name: shown on pages, selectable in thresholds, stored as `<kind>_<name>`."""

    label: str
    unit: str
    help: str = ""


class Threshold(NamedTuple):
    """A bound on a value: past `degraded` the check is degraded, past `down` it is down. Either may be None."""

    value: str
    comparator: Comparator
    degraded: float | None = None
    down: float | None = None


@dataclass(slots=True)
class Result:
    """What one run saw.

    `values`: number by name; a name may carry labels as Prometheus writes them (`disk_used_ratio{mount="/"}`, see `labelled`).
    `evidence`: JSON kept with a change of status (headers, first bytes of a body, blocking tree…); never a secret.
    `memory`: kept for this check's next run (counters for windowed deltas); None leaves what was there.
    """

    verdict: Status
    summary: str
    cause: Cause = Cause.NONE
    values: dict[str, float] = field(default_factory=dict)
    evidence: dict[str, Json] = field(default_factory=dict)
    memory: dict[str, Json] | None = None


@dataclass(slots=True, frozen=True)
class Context:
    """What a run is given: the clock, its deadline in seconds, what the last run left, and the portal's own database.

    `trial`: somebody tries the check; nothing may be written, and what the run leaves is forgotten.
    """

    now: datetime
    timeout_s: float
    memory: Mapping[str, Json] = field(default_factory=dict)
    check_id: int | None = None
    portal: "AsyncConnectionPool[AsyncConnection[Any]] | None" = None
    trial: bool = False

    async def in_thread(self, work: Callable[[], T]) -> T:
        """Run a blocking client in a thread. The thread may outlive the deadline, so `work` must bound itself by `timeout_s`."""
        return await asyncio.get_running_loop().run_in_executor(None, work)


class ProbeForm(forms.Form):
    """The settings of a kind: the one definition that the admin, the API, the commands and the pages validate with.

    A field whose name is in `secret_fields` is stored sealed, is never shown again, and is left as it was when submitted empty.
    """

    secret_fields: ClassVar[frozenset[str]] = frozenset()
    destination_fields: ClassVar[frozenset[str]] = frozenset()
    """Where the secrets are sent: when one of these names another place, stored secrets must be given again."""


class Probe(ABC):
    """One kind of check. An instance belongs to one revision of one check and may be run many times, never twice at once."""

    kind: ClassVar[str]
    description: ClassVar[str]
    icon: ClassVar[str] = "monitoring"
    values: ClassVar[Mapping[str, Value]]
    dynamic_values: ClassVar[bool] = False  # True: more values may come, named by the settings (the columns of a query)
    default_thresholds: ClassVar[tuple[Threshold, ...]] = ()
    default_interval_s: ClassVar[int] = 30
    default_timeout_s: ClassVar[float] = 10
    default_failures_before_down: ClassVar[int] = 2
    SettingsForm: ClassVar[type[ProbeForm]]

    def __init__(self, settings: Mapping[str, Json]) -> None:
        """`settings`: what `clean_settings` returned, secrets included."""
        self.settings = settings

    @abstractmethod
    async def run(self, context: Context) -> Result:
        """Ask once. Bounded by the engine; see the module's docstring."""


def labelled(name: str, /, **labels: str) -> str:
    """`labelled("disk_used_ratio", mount="/")` is `disk_used_ratio{mount="/"}`; sorted, escaped as in the exposition format."""
    inside = ",".join(f'{key}="{_escape(value)}"' for key, value in sorted(labels.items()))
    return f"{name}{{{inside}}}"


def _escape(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
