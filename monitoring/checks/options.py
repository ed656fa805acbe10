"""What may be said of a service and of a check besides its name and its question: the one list for actions, forms and files. Pure."""

from typing import TypedDict


class ServiceOptions(TypedDict, total=False):
    """What is left out keeps its value, or begins with the model's default."""

    description: str
    owner: str
    criticality: str
    labels: dict[str, str]
    runbook_url: str


class CheckOptions(TypedDict, total=False):
    """What is left out keeps its value, or begins with the kind's default or the model's."""

    interval_s: int
    timeout_s: float
    retry_interval_s: int | None
    failures_before_down: int
    successes_before_up: int
    impact: str
    enabled: bool


SERVICE_OPTIONS = tuple(ServiceOptions.__annotations__)
CHECK_OPTIONS = tuple(CheckOptions.__annotations__)
KIND_DEFAULTS = ("interval_s", "timeout_s", "failures_before_down")  # each is `default_<name>` of the probe
