"""One scrape of one target: asked through the one door, read, and what became of it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass

from monitoring.checks.choices import Cause, Status
from monitoring.checks.probes import net
from monitoring.checks.probes.base import Context, Json
from monitoring.checks.probes.finding import Finding
from monitoring.checks.probes.prometheus.remembering import NO_IDS, Ids
from monitoring.checks.probes.prometheus.target_series import (
    BusyError,
    NamelessError,
    Rules,
    SampleLimitError,
    Samples,
    Scraped,
    TargetSeries,
)
from monitoring.checks.probes.prometheus.targets import Target
from monitoring.metrics.formats.descriptions import Described
from monitoring.metrics.formats.errors import ExpositionError
from monitoring.metrics.ingest import Source
from opsportal.http import BasicAuth, BearerAuth, HttpError, Request, Response, Zone, fetch

ACCEPT = "application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4;q=0.5,*/*;q=0.1"
OPENMETRICS, PLAIN = "application/openmetrics-text", "text/plain"
MAX_REDIRECTS = 5
LOOK_AGAIN_S = 600.0
LEAST_S = 0.05
FEW = 100
THREAD_FROM_BYTES = 200_000
REFUSED_CREDENTIALS = frozenset({401, 403})
OVERLOADED = frozenset({429, 503})
REPORTED = (
    "up",
    "scrape_duration_seconds",
    "scrape_samples_scraped",
    "scrape_samples_post_metric_relabeling",
    "scrape_series_added",
)


@dataclass(slots=True)
class Outcome:
    """What came of one scrape. `samples` is filled in once ids are known, `fault` None when the target answered well."""

    scraper: "Scraper"
    fault: Finding | None = None
    scraped: Scraped | None = None
    samples: Samples | None = None
    duration_s: float = 0.0
    body_bytes: int = 0
    added: int = 0

    @property
    def kept(self) -> int:
        return len(self.scraped.slots) if self.scraped else 0

    def reports(self) -> list[float]:
        """The values of REPORTED."""
        count = self.scraped.count if self.scraped else 0
        return [float(self.fault is None), self.duration_s, float(count), float(self.kept), float(self.added)]


class Scraper:
    """One target, from run to run: its request, its series, the ids of what is reported about it."""

    def __init__(self, target: Target, settings: Mapping[str, Json], rules: Rules) -> None:
        self.target = target
        self.settings = settings
        self.series = TargetSeries(dict(target.labels), rules)
        self.source = Source("scrape", f"{target.job}/{target.instance}")
        self.report_ids: Ids = NO_IDS
        self.undescribed: list[Described] = []  # what the store was not told yet
        self.refusals: list[str] = []  # why the store does not take some of its series
        self._look_again_at_s = 0.0
        self._request: Request | None = None

    def forget(self) -> None:
        """Ids that were known may be no more: look up everything anew."""
        self.series.reset()
        self.report_ids = NO_IDS

    def judge_refused(self, refused: int, now_s: float) -> None:
        """While samples are refused, ask for their series again now and then: there may be room by now."""
        if not refused:
            self.refusals, self._look_again_at_s = [], 0.0
        elif now_s >= self._look_again_at_s:
            if self._look_again_at_s:
                self.refusals = []
                self.series.reset()
            self._look_again_at_s = now_s + LOOK_AGAIN_S

    async def scrape(self, context: Context, timeout_s: float, left_s: float) -> Outcome:
        """Ask and read; raises nothing of the target's. `left_s` of the `timeout_s` that it is told are left."""
        outcome = Outcome(self)
        began = time.perf_counter()
        try:
            response = await fetch(self._asking(timeout_s), zone=Zone.CHECKS, timeout_s=max(left_s, LEAST_S))
            outcome.body_bytes = len(response.body)
            outcome.fault = _unfit(response, self.settings["max_body_bytes"])
            if outcome.fault is None:
                outcome.scraped = await self._read(response, context)
                self.undescribed = outcome.scraped.descriptions or self.undescribed
        except HttpError as error:
            seen = net.fault(error)
            outcome.fault = Finding(seen.verdict, seen.cause, _lower(error.message))
        except ExpositionError as error:
            outcome.fault = Finding(Status.DOWN, Cause.PROTOCOL, _lower(str(error)))
        except SampleLimitError as error:
            outcome.fault = Finding(Status.DOWN, Cause.TOO_LARGE, str(error))
        except NamelessError as error:
            outcome.fault = Finding(Status.UNKNOWN, Cause.MISCONFIGURED, str(error))
        except BusyError:
            outcome.fault = Finding(Status.UNKNOWN, Cause.INTERNAL, "its last page is still being read")
        outcome.duration_s = time.perf_counter() - began
        return outcome

    async def _read(self, response: Response, context: Context) -> Scraped:
        body, openmetrics = response.body, response.headers.get("content-type", "").startswith(OPENMETRICS)
        if len(body) * self._effort() < THREAD_FROM_BYTES:
            return self.series.take(body, openmetrics)
        return await context.in_thread(lambda: self.series.take(body, openmetrics))

    def _effort(self) -> int:
        """How much longer than usual a page takes: new series are taken apart and relabelled, some 20 µs each."""
        learned = self.series.learned
        return 1 if learned is not None and learned < FEW else 10 * (1 + len(self.series.rules.relabelling))

    def _asking(self, timeout_s: float) -> Request:
        if self._request is None or self._request.timeout_s != timeout_s:
            self._request = _request(self.target.url, self.settings, timeout_s)
        return self._request


def _request(url: str, settings: Mapping[str, Json], timeout_s: float) -> Request:
    given = settings["secret_headers"] or {}
    own = {"Accept": ACCEPT, "X-Prometheus-Scrape-Timeout-Seconds": f"{timeout_s:.6g}"}
    return Request(
        url=url,
        headers=own | (settings["headers"] or {}) | given,
        timeout_s=timeout_s,
        max_bytes=settings["max_body_bytes"],
        max_redirects=MAX_REDIRECTS if settings["follow_redirects"] else 0,
        verify_tls=settings["verify_tls"],
        auth=_auth(settings),
        ca_pem=settings["ca_pem"] or None,
        secrets=tuple(given.values()),
    )


def _auth(settings: Mapping[str, Json]) -> BasicAuth | BearerAuth | None:
    if settings["auth"] == "basic":
        return BasicAuth(settings["username"], settings["password"])
    return BearerAuth(settings["token"]) if settings["auth"] == "bearer" else None


def _unfit(response: Response, max_bytes: int) -> Finding | None:
    """Why an answer is no page of samples."""
    if response.status in REFUSED_CREDENTIALS:
        return Finding(Status.UNKNOWN, Cause.AUTH, f"it refuses the credentials ({response.status})")
    if response.status in OVERLOADED:
        return Finding(Status.DOWN, Cause.OVERLOADED, f"it answers {response.status}")
    if response.status != 200:
        return Finding(Status.DOWN, Cause.UNEXPECTED, f"it answers {response.status}")
    if response.truncated:
        return Finding(Status.DOWN, Cause.TOO_LARGE, f"its page is larger than {max_bytes:,} bytes")
    kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind and kind not in (OPENMETRICS, PLAIN):
        return Finding(Status.DOWN, Cause.PROTOCOL, f"it answers {kind[:60]}, not text with samples")
    return None


def _lower(words: str) -> str:
    return words[:1].lower() + words[1:]
