"""Self-hosted Firecrawl, older and newer: API, its Redis, queue, workers, browser, and a canary scrape.

Only addresses without side effects are asked. The admin key stands in the path of some: it is a secret of each of
those requests.
"""

from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from django import forms

from monitoring.checks.choices import Cause, Comparator, Status
from monitoring.checks.probes import firecrawl_canary as canary
from monitoring.checks.probes import firecrawl_seen as seen
from monitoring.checks.probes.asking import Answer, ask_all, status_of, told
from monitoring.checks.probes.base import Context, Probe, ProbeForm, Result, Threshold, Unit, Value
from monitoring.checks.probes.deadline import own_budget_s
from monitoring.checks.probes.fields import BaseUrlField, ListField
from monitoring.checks.probes.finding import Finding
from monitoring.checks.status import SEVERITY
from opsportal.http import Request, Response
from opsportal.http.targets import target

REDIS_HEALTH_S = 15.0  # it tries three times, two seconds apart, on each of two servers
MAX_BYTES = 1_048_576
PAGES = {"liveness": "/v0/health/liveness", "readiness": "/v0/health/readiness", "queue": "/serverHealthCheck"}
# Of the admin GETs only those that change nothing: others clean queues, scale, crawl or tell people.
ADMIN_PAGES = {
    "redis_health": "redis-health",
    "nuq_metrics": "nuq-metrics",
    "metrics": "metrics",
    "index_queue": "index-queue-prometheus",
}


class SettingsForm(ProbeForm):
    secret_fields = frozenset({"bull_auth_key", "api_key"})
    destination_fields = frozenset({"url"})

    url = BaseUrlField(help_text="Of the API, such as http://firecrawl:3002.")
    bull_auth_key = forms.CharField(
        required=False,
        max_length=200,
        help_text="BULL_AUTH_KEY of the server: opens redis-health and the queue's metrics.",
    )
    worker_urls = ListField(
        required=False,
        help_text="Health addresses of workers, such as http://worker:3005/liveness or http://worker:3006/health.",
    )
    playwright_url = BaseUrlField(required=False, help_text="Such as http://playwright:3000/health.")
    canary = forms.BooleanField(required=False, help_text="Scrape a page of this portal and look for a word on it.")
    canary_interval_s = forms.IntegerField(initial=600, min_value=60, max_value=86_400, label="canary interval (s)")
    canary_base_url = BaseUrlField(required=False, help_text="How Firecrawl reaches the portal; empty: PUBLIC_URL.")
    api_key = forms.CharField(required=False, max_length=200, help_text="For the canary, where the API asks for a key.")
    verify_tls = forms.BooleanField(required=False, initial=True)

    def clean_worker_urls(self) -> list[str]:
        urls: list[str] = self.cleaned_data["worker_urls"]
        for url in urls:
            try:
                target(url)
            except ValueError as error:
                raise forms.ValidationError(f"{url[:80]}: this URL {error}.") from None
        return urls


class FirecrawlProbe(Probe):
    kind = "firecrawl"
    description = "Firecrawl: API, Redis, queue, workers, browser, and a canary scrape."
    icon = "travel_explore"
    default_interval_s = 60
    default_timeout_s = 20  # its redis-health alone may take 15 s
    values = {
        "response_seconds": Value("Answer to liveness", Unit.SECONDS),
        "waiting_jobs": Value("Jobs waiting", Unit.COUNT),
        "jobs": Value("Jobs by status", Unit.COUNT),
        "held_jobs": Value("Jobs held by a team's limit", Unit.COUNT),
        "queue_length": Value("Length of other queues", Unit.COUNT),
        "workers_well": Value("Workers that are well", Unit.COUNT),
        "canary_seconds": Value("Canary scrape", Unit.SECONDS, "From the request to the page's text."),
        "canary_ok": Value("Canary came back", Unit.BOOLEAN),
    }
    default_thresholds = (
        Threshold("waiting_jobs", Comparator.ABOVE, 1000),
        Threshold("canary_seconds", Comparator.ABOVE, 30),
    )
    SettingsForm = SettingsForm

    async def run(self, context: Context) -> Result:
        budget_s = own_budget_s(context.timeout_s)
        answers = await ask_all(self._requests(budget_s))
        evidence = self._evidence(answers)
        if fault := seen.liveness_fault(answers["liveness"]):
            fault.evidence = evidence
            return fault
        memory = await self._canary(context, answers, budget_s)
        findings = seen.findings(answers)
        if memory and (found := canary.remembered(memory)):
            findings.append(found)
        result = self._judged(answers, findings)
        result.values, result.evidence, result.memory = self._values(answers, memory), evidence, memory
        return result

    def _requests(self, budget_s: float) -> dict[str, Request]:
        base, key = self.settings["url"], self.settings.get("bull_auth_key")
        requests = {name: self._request(base + path, budget_s) for name, path in PAGES.items()}
        if key:
            inside = quote(key, safe="")
            for name, page in ADMIN_PAGES.items():
                bound_s = min(budget_s, REDIS_HEALTH_S)
                requests[name] = self._request(f"{base}/admin/{inside}/{page}", bound_s, secrets=(key, inside))
        for url in self.settings.get("worker_urls") or ():
            requests[f"worker {_place(url)}"] = self._request(url, budget_s)
        if self.settings.get("playwright_url"):
            requests["playwright"] = self._request(self.settings["playwright_url"], budget_s)
        return requests

    def _request(self, url: str, timeout_s: float, secrets: tuple[str, ...] = ()) -> Request:
        verify = bool(self.settings.get("verify_tls", True))
        return Request(url=url, timeout_s=timeout_s, max_bytes=MAX_BYTES, verify_tls=verify, secrets=secrets)

    async def _canary(self, context: Context, answers: Mapping[str, Answer], budget_s: float) -> dict[str, Any]:
        """What is known of the canary, after a new one if it is time and there is time."""
        if not self.settings.get("canary"):
            return {}
        spent_s = max(answer.timings.total_s for answer in answers.values() if isinstance(answer, Response))
        left_s = budget_s - (budget_s if _any_timeout(answers.values()) else spent_s)
        interval_s = self.settings.get("canary_interval_s") or 600
        if canary.is_due(context.memory, interval_s, context.now) and left_s > 0:
            return await canary.fly(self.settings, seen.generation(answers), left_s, context.now)
        return {name: value for name, value in context.memory.items() if name.startswith("canary_")}

    def _judged(self, answers: Mapping[str, Answer], findings: list[Finding]) -> Result:
        name = f"Firecrawl ({seen.generation(answers)})"
        if not findings:
            jobs = seen.measured(answers).get("waiting_jobs")
            load = f", {jobs:,.0f} jobs waiting" if jobs is not None else ""
            return Result(Status.UP, f"{name} is alive{load}")
        worst = max(findings, key=lambda found: SEVERITY[found.verdict])
        others = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        return Result(worst.verdict, f"{name}: {worst.words}{others}", worst.cause)

    def _values(self, answers: Mapping[str, Answer], memory: Mapping[str, Any]) -> dict[str, float]:
        live = answers["liveness"]
        values = {"response_seconds": live.timings.total_s} if isinstance(live, Response) else {}
        values |= seen.measured(answers)
        workers = [answer for name, answer in answers.items() if name.startswith("worker ")]
        if workers:
            well = sum(status_of(answer) == 200 for answer in workers)
            values["workers_well"] = float(well)
        if "canary_at" in memory:
            values["canary_ok"] = 0.0 if memory.get("canary_fault") else 1.0
            if isinstance(memory.get("canary_seconds"), int | float):
                values["canary_seconds"] = float(memory["canary_seconds"])
        return values

    def _evidence(self, answers: Mapping[str, Answer]) -> dict[str, Any]:
        secrets = [str(self.settings.get(name) or "") for name in self.SettingsForm.secret_fields]
        return {"generation": seen.generation(answers), "answers": told(answers, secrets)}


def _place(url: str) -> str:
    """Host and port of an address, which tell workers apart."""
    found = target(url)
    return f"{found.host}:{found.port}"


def _any_timeout(answers: Iterable[Answer]) -> bool:
    return any(not isinstance(answer, Response) and answer.cause == Cause.TIMEOUT.value for answer in answers)
