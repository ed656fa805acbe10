"""Meilisearch: alive, its queue of tasks moving, tasks succeeding. API:
https://www.meilisearch.com/docs/reference/api."""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django import forms
from django.utils.dateparse import parse_datetime

from monitoring.checks.choices import Cause, Comparator, Status
from monitoring.checks.probes.asking import Answer, ask_all, fault_words, json_object, status_of, told
from monitoring.checks.probes.base import Context, Probe, ProbeForm, Result, Threshold, Unit, Value
from monitoring.checks.probes.deadline import own_budget_s
from monitoring.checks.probes.fields import BaseUrlField
from monitoring.checks.probes.net import fault
from opsportal.http import BearerAuth, HttpError, Request, Response

FIRST_WINDOW = timedelta(minutes=5)
STATS_MAX_BYTES = 4_194_304  # every index lists the distribution of its fields
REFUSED = (401, 403)
DETAILS = {"stats": "/stats", "queue": "/tasks", "failed": "/tasks"}  # what must answer for a full picture
RIGHTS = "stats.get, tasks.get and version"


class SettingsForm(ProbeForm):
    secret_fields = frozenset({"api_key"})
    destination_fields = frozenset({"url"})

    url = BaseUrlField(help_text="Such as http://search:7700.")
    api_key = forms.CharField(
        required=False,
        max_length=500,
        help_text=f"A key with the actions {RIGHTS}. Empty where it asks for none.",
    )
    verify_tls = forms.BooleanField(required=False, initial=True)


class MeilisearchProbe(Probe):
    kind = "meilisearch"
    description = "Meilisearch: health, queue of tasks, failed tasks, size of the database."
    icon = "search"
    values = {
        "response_seconds": Value("Answer to /health", Unit.SECONDS),
        "queue_tasks": Value("Tasks waiting or under way", Unit.COUNT),
        "queue_lag_seconds": Value("Age of the oldest waiting task", Unit.SECONDS),
        "failed_tasks": Value("Tasks failed since the last run", Unit.COUNT),
        "documents": Value("Documents", Unit.COUNT),
        "indexes": Value("Indexes", Unit.COUNT),
        "indexes_updating": Value("Indexes being updated", Unit.COUNT),
        "database_bytes": Value("Database on disk", Unit.BYTES),
        "database_used_bytes": Value("Database in use", Unit.BYTES),
        "fragmentation_ratio": Value(
            "Fragmentation", Unit.RATIO, "Freed pages; they are used again, so it is no leak."
        ),
    }
    default_thresholds = (
        Threshold("queue_lag_seconds", Comparator.ABOVE, 300, 3600),
        Threshold("failed_tasks", Comparator.ABOVE, 0),
    )
    SettingsForm = SettingsForm

    async def run(self, context: Context) -> Result:
        since = _since(context)
        answers = await ask_all(self._requests(own_budget_s(context.timeout_s), since))
        result = self._judged(answers, context.now)
        result.evidence |= self._evidence(answers)
        counted = json_object(answers["failed"]) is not None
        result.memory = {"failures_since": (context.now if counted else since).isoformat()}
        return result

    def _requests(self, timeout_s: float, since: datetime) -> dict[str, Request]:
        tasks = {
            "queue": {"statuses": "enqueued,processing", "limit": 1},
            "oldest": {"statuses": "enqueued", "limit": 1, "reverse": "true"},
            "failed": {"statuses": "failed", "limit": 1, "afterFinishedAt": since.isoformat()},
        }
        paths = {"stats": "/stats", "version": "/version"}
        paths |= {name: f"/tasks?{urlencode(query)}" for name, query in tasks.items()}
        requests = {name: self._request(path, timeout_s, with_key=True) for name, path in paths.items()}
        return {"health": self._request("/health", timeout_s, with_key=False), **requests}

    def _request(self, path: str, timeout_s: float, *, with_key: bool) -> Request:
        key = self.settings.get("api_key")
        return Request(
            url=self.settings["url"] + path,
            timeout_s=timeout_s,
            max_bytes=STATS_MAX_BYTES,
            verify_tls=bool(self.settings.get("verify_tls", True)),
            auth=BearerAuth(key) if key and with_key else None,
        )

    def _judged(self, answers: Mapping[str, Answer], now: datetime) -> Result:
        health = answers["health"]
        if isinstance(health, HttpError):
            return fault(health)
        if result := _health_fault(health):
            return result
        values = {"response_seconds": health.timings.total_s, **_sizes(answers), **_queue(answers, now)}
        for judge in (self._refused, _incomplete):
            if result := judge(answers):
                result.values = values
                return result
        return Result(Status.UP, _words(answers, values), values=values)

    def _refused(self, answers: Mapping[str, Answer]) -> Result | None:
        """It is alive and will not tell the rest: the check is set up wrongly, the service is not at fault."""
        paths = sorted({path for name, path in DETAILS.items() if status_of(answers[name]) in REFUSED})
        if not paths:
            return None
        code = _error_code(next(answers[name] for name in DETAILS if status_of(answers[name]) in REFUSED))
        if self.settings.get("api_key"):
            words = f"Alive, but refuses the API key for {' and '.join(paths)} ({code}): give one with {RIGHTS}"
        else:
            words = f"Alive, but asks for an API key ({code}): give one with {RIGHTS}"
        return Result(Status.UNKNOWN, words, Cause.MISCONFIGURED)

    def _evidence(self, answers: Mapping[str, Answer]) -> dict[str, Any]:
        key = self.settings.get("api_key") or ""
        return {"version": (json_object(answers["version"]) or {}).get("pkgVersion"), "answers": told(answers, [key])}


def _health_fault(health: Response) -> Result | None:
    if health.status in (301, 302, 303, 307, 308):
        words = f"/health answers {health.status}, a redirect: give the address it leads to"
        return Result(Status.DOWN, words, Cause.UNEXPECTED)
    if health.status != 200:
        return Result(Status.DOWN, f"/health answers {health.status}", Cause.UNEXPECTED)
    try:
        said = health.json()
    except HttpError as error:
        return Result(Status.DOWN, f"/health is not Meilisearch's: {fault_words(error)}", Cause(error.cause.value))
    if not isinstance(said, dict) or "status" not in said:
        return Result(Status.DOWN, "/health is not Meilisearch's: it has no status", Cause.PROTOCOL)
    if said["status"] != "available":
        return Result(Status.DOWN, f"/health says {str(said['status'])[:40]!r}, not available", Cause.UNEXPECTED)
    return None


def _incomplete(answers: Mapping[str, Answer]) -> Result | None:
    for name, path in DETAILS.items():
        answer = answers[name]
        if json_object(answer) is None:
            cause = Cause(answer.cause.value) if isinstance(answer, HttpError) else Cause.UNEXPECTED
            return Result(Status.DEGRADED, f"Alive, but {path} tells nothing: {fault_words(answer)}", cause)
    return None


def _sizes(answers: Mapping[str, Answer]) -> dict[str, float]:
    stats = json_object(answers["stats"])
    if stats is None:
        return {}
    found = stats.get("indexes")
    indexes = [index for index in found.values() if isinstance(index, dict)] if isinstance(found, dict) else []
    values = {
        "documents": sum(_numbers(index.get("numberOfDocuments") for index in indexes)),
        "indexes": float(len(indexes)),
        "indexes_updating": float(sum(index.get("isIndexing") is True for index in indexes)),
    }
    sizes = _numbers([stats.get("databaseSize"), stats.get("usedDatabaseSize")])
    if len(sizes) == 2:
        values |= {"database_bytes": sizes[0], "database_used_bytes": sizes[1]}
        values["fragmentation_ratio"] = max(0.0, 1 - sizes[1] / sizes[0]) if sizes[0] else 0.0
    return values


def _queue(answers: Mapping[str, Answer], now: datetime) -> dict[str, float]:
    values: dict[str, float] = {}
    for name, value in (("queue", "queue_tasks"), ("failed", "failed_tasks")):
        if total := _numbers([(json_object(answers[name]) or {}).get("total")]):
            values[value] = total[0]
    oldest = json_object(answers["oldest"])  # `reverse` is not known before 1.12: then there is no lag
    results = oldest.get("results") if oldest else None
    if isinstance(results, list):
        enqueued_at = _time(results[0].get("enqueuedAt")) if results and isinstance(results[0], dict) else None
        values["queue_lag_seconds"] = max(0.0, (now - enqueued_at).total_seconds()) if enqueued_at else 0.0
    return values


def _words(answers: Mapping[str, Answer], values: Mapping[str, float]) -> str:
    version = (json_object(answers["version"]) or {}).get("pkgVersion")
    name = f"Meilisearch {version}" if isinstance(version, str) else "Meilisearch"
    failures = f", {values['failed_tasks']:.0f} failed of late" if values.get("failed_tasks") else ""
    queue, documents = values.get("queue_tasks", 0), values.get("documents", 0)
    return f"{name} is available: {documents:,.0f} documents, {queue:,.0f} tasks in the queue{failures}"


def _since(context: Context) -> datetime:
    """The end of the last window whose failures were counted."""
    return _time(context.memory.get("failures_since")) or context.now - FIRST_WINDOW


def _time(value: Any) -> datetime | None:
    try:
        found = parse_datetime(value) if isinstance(value, str) else None
    except ValueError:
        return None
    return found if found and found.tzinfo else None


def _numbers(values: Iterable[Any]) -> list[float]:
    return [float(value) for value in values if isinstance(value, int | float) and not isinstance(value, bool)]


def _error_code(answer: Answer) -> str:
    try:
        code = answer.json().get("code") if isinstance(answer, Response) else None
    except (HttpError, AttributeError):
        code = None
    return code if isinstance(code, str) and len(code) < 60 else f"status {status_of(answer)}"
