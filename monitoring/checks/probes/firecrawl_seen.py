"""What Firecrawl's answers mean; the words of a finding stand after the service's name. Pure.

Two generations are about: the older (to 2025) answers its readiness with a constant and tells of waiting jobs by a
500 of /serverHealthCheck, which is load and no failure; the newer asks its Redis before it says it is ready, and has
metrics of its queue.
"""

from collections.abc import Mapping
from typing import Any

from monitoring.checks.choices import Cause, Status
from monitoring.checks.probes.asking import Answer, fault_words, json_object, status_of
from monitoring.checks.probes.base import Result, labelled
from monitoring.checks.probes.exposition import Sampled, parse
from monitoring.checks.probes.finding import Finding
from monitoring.checks.probes.net import fault
from opsportal.http import HttpError, Response

OLDER, NEWER, UNSURE = "older", "newer", "unknown"
MOST_SERIES = 100
METRIC_PAGES = ("nuq_metrics", "metrics", "index_queue")
ADMIN_PAGES = ("redis_health", *METRIC_PAGES)


def generation(answers: Mapping[str, Answer]) -> str:
    """Which of the two this is; unknown when neither shows itself."""
    if status_of(answers.get("nuq_metrics")) == 200 or status_of(answers["readiness"]) == 503:
        return NEWER
    if waiting_jobs(answers) is not None:
        return OLDER
    return NEWER if status_of(answers["queue"]) == 404 and status_of(answers["readiness"]) == 200 else UNSURE


def waiting_jobs(answers: Mapping[str, Answer]) -> float | None:
    """What /serverHealthCheck counts; it answers 500 when there are any."""
    answer = answers["queue"]
    if not isinstance(answer, Response) or answer.status not in (200, 500):
        return None
    try:
        count = answer.json().get("waitingJobs")
    except (HttpError, AttributeError):
        return None
    return float(count) if isinstance(count, int) and not isinstance(count, bool) else None


def liveness_fault(answer: Answer) -> Result | None:
    """None when it is alive, and is Firecrawl."""
    if isinstance(answer, HttpError):
        return fault(answer)
    if answer.status != 200:
        return Result(Status.DOWN, f"/v0/health/liveness answers {answer.status}", Cause.UNEXPECTED)
    said = json_object(answer)
    if said is None or said.get("status") != "ok":
        return Result(
            Status.DOWN, "/v0/health/liveness is not Firecrawl's: it does not say that its status is ok", Cause.PROTOCOL
        )
    return None


def findings(answers: Mapping[str, Answer]) -> list[Finding]:
    """Everything amiss besides liveness and the canary."""
    found = [_readiness(answers), _redis(answers), *_workers(answers), _playwright(answers), _admin_key(answers)]
    return [seen for seen in found if seen]


def measured(answers: Mapping[str, Answer]) -> dict[str, float]:
    """Queue values, from whichever page has them, with their labels."""
    values: dict[str, float] = {}
    if (jobs := waiting_jobs(answers)) is not None:
        values["waiting_jobs"] = jobs
    for page in METRIC_PAGES:
        answer = answers.get(page)
        if isinstance(answer, Response) and answer.status == 200:
            values |= dict(filter(None, map(_value, parse(answer.text())[:MOST_SERIES])))
    queued = [value for name, value in values.items() if name == labelled("jobs", status="queued")]
    return values | {"waiting_jobs": queued[0]} if queued else values


def _value(sample: Sampled) -> tuple[str, float] | None:
    if sample.name == "nuq_queue_scrape_job_count":
        return _named("jobs", sample)
    if sample.name == "concurrency_limit_queue_job_count":
        return _named("held_jobs", sample)
    if sample.name.startswith("firecrawl_") and sample.name.endswith("_queue_length"):
        queue = sample.name.removeprefix("firecrawl_").removesuffix("_queue_length")
        return _named("queue_length", sample._replace(labels={**sample.labels, "queue": queue}))
    return None


def _named(name: str, sample: Sampled) -> tuple[str, float]:
    return (labelled(name, **sample.labels) if sample.labels else name), sample.value


def _readiness(answers: Mapping[str, Answer]) -> Finding | None:
    """Only the newer generation's is worth anything."""
    answer = answers["readiness"]
    if generation(answers) == OLDER or status_of(answer) in (200, 404):
        return None
    if isinstance(answer, HttpError):
        return Finding(Status.DOWN, Cause(answer.cause.value), f"not ready: {fault_words(answer)}")
    said = _detail(answer, "status")
    return Finding(Status.DOWN, Cause.UNEXPECTED, f"not ready: readiness answers {answer.status}{said}")


def _redis(answers: Mapping[str, Answer]) -> Finding | None:
    answer = answers.get("redis_health")
    if answer is None or status_of(answer) in (200, 404):
        return None
    if isinstance(answer, HttpError):
        return Finding(Status.DEGRADED, Cause(answer.cause.value), f"redis-health tells nothing: {fault_words(answer)}")
    return Finding(
        Status.DOWN, Cause.UNEXPECTED, f"its Redis is unhealthy{_detail(answer, 'error', 'details', 'status')}"
    )


def _workers(answers: Mapping[str, Answer]) -> list[Finding]:
    """One worker of several may be away; without any, nothing is scraped."""
    workers = {name: answer for name, answer in answers.items() if name.startswith("worker ")}
    bad = {name: answer for name, answer in workers.items() if status_of(answer) != 200}
    if not bad:
        return []
    name, answer = next(iter(bad.items()))
    cause = Cause(answer.cause.value) if isinstance(answer, HttpError) else Cause.UNEXPECTED
    verdict = Status.DOWN if len(bad) == len(workers) else Status.DEGRADED
    return [
        Finding(verdict, cause, f"{len(bad)} of {len(workers)} workers are not well: {name}: {fault_words(answer)}")
    ]


def _playwright(answers: Mapping[str, Answer]) -> Finding | None:
    answer = answers.get("playwright")
    if answer is None or status_of(answer) == 200:
        return None
    cause = Cause(answer.cause.value) if isinstance(answer, HttpError) else Cause.UNEXPECTED
    return Finding(Status.DEGRADED, cause, f"its browser (Playwright) is not well: {fault_words(answer)}")


def _admin_key(answers: Mapping[str, Answer]) -> Finding | None:
    """A wrong key is a path that does not exist: both generations have redis-health."""
    if any(status_of(answers.get(page)) != 404 for page in ADMIN_PAGES):
        return None
    return Finding(
        Status.UNKNOWN, Cause.MISCONFIGURED, "alive, but has no admin pages under the key given: check BULL_AUTH_KEY"
    )


def _detail(answer: Response, *names: str) -> str:
    """The first of `names` in a JSON answer, as ": words"."""
    try:
        said: Any = answer.json()
    except HttpError:
        return ""
    words = (
        next((said[name] for name in names if isinstance(said.get(name), str)), "") if isinstance(said, dict) else ""
    )
    return f": {words[:120]}" if words else ""
