"""`prometheus`: scrapes exporters as Prometheus does, into the portal's store of metrics. See docs/check-kinds/prometheus.md."""

import asyncio
import hashlib
import time
from collections.abc import Mapping
from typing import ClassVar

import numpy as np

from monitoring.checks.probes.base import Context, Json, Probe, ProbeForm, Result, Unit, Value
from monitoring.checks.probes.deadline import own_budget_s
from monitoring.checks.probes.prometheus.discovery import Discovery
from monitoring.checks.probes.prometheus.relabelling import rules_of
from monitoring.checks.probes.prometheus.remembering import (
    MOST_IDS,
    NO_IDS,
    Ids,
    Memory,
    Remembered,
    packed,
    recalled,
    to_keep,
    unpacked,
)
from monitoring.checks.probes.prometheus.reporting import Run, result_of
from monitoring.checks.probes.prometheus.scraping import Outcome, Scraper
from monitoring.checks.probes.prometheus.settings import SettingsForm
from monitoring.checks.probes.prometheus.storing import Recorder
from monitoring.checks.probes.prometheus.target_series import Rules
from monitoring.checks.probes.prometheus.target_urls import PATH, SCHEME
from monitoring.checks.probes.prometheus.targets import INTERVAL, TIMEOUT, Arranged, Target, arranged
from monitoring.metrics.formats.lines import Limits

AT_ONCE = 200
WRITING_SHARE = 0.15  # of the time, at most MOST_WRITING_S, is left for reading and writing what came last
MOST_WRITING_S = 1.0
MOST_DROPPED = 100  # that are shown
TRIAL_JOB = "trial"
NAMES = """
SELECT s.slug || '/' || c.slug, c.interval_s FROM checks_check c JOIN checks_service s ON s.id = c.service_id WHERE c.id = %s
"""


class PrometheusProbe(Probe):
    """Holds a scraper for every target from run to run; what must survive this process is in the check's memory."""

    kind = "prometheus"
    description = "Scrapes exporters as Prometheus does, and keeps all their samples."
    icon = "query_stats"
    default_interval_s = 15
    default_timeout_s = 10
    SettingsForm: ClassVar[type[ProbeForm]] = SettingsForm
    values: ClassVar[Mapping[str, Value]] = {
        "targets": Value("Targets", Unit.COUNT, "After relabelling."),
        "targets_up": Value("Targets that answered", Unit.COUNT),
        "targets_down": Value("Targets that did not answer", Unit.COUNT),
        "samples": Value("Samples kept", Unit.COUNT, "Of all pages, after relabelling."),
        "samples_scraped": Value("Samples on the pages", Unit.COUNT),
        "samples_refused": Value("Samples refused", Unit.COUNT, "Too many series, or a time out of bounds."),
        "samples_duplicate": Value("Samples given twice", Unit.COUNT, "The first of a page is kept."),
        "series_added": Value("Series that are new", Unit.COUNT, "Against the last run."),
        "slowest_seconds": Value("Slowest target", Unit.SECONDS, "From the request to the last sample read."),
        "page_bytes": Value("Size of all pages", Unit.BYTES, "After decompression."),
    }

    def __init__(self, settings: Mapping[str, Json]) -> None:
        super().__init__(settings)
        self.discovery = Discovery(settings)
        self.target_rules = rules_of(settings["relabel_configs"])
        self.rules = Rules(
            rules_of(settings["metric_relabel_configs"]),
            settings["honor_labels"],
            settings["honor_timestamps"],
            settings["sample_limit"],
            Limits(page_bytes=settings["max_body_bytes"]),
        )
        self.names: tuple[str, int] | None = None
        self.scrapers: dict[str, Scraper] = {}
        self.packed: dict[
            str, tuple[str, Ids]
        ] = {}  # by target: the text of its ids, so that nothing is unpacked in vain
        self.arranged: tuple[object, Arranged] | None = None

    async def run(self, context: Context) -> Result:
        """Scrape every target once."""
        now_s, budget_s = context.now.timestamp(), own_budget_s(context.timeout_s)
        timeout_s = budget_s - min(WRITING_SHARE * budget_s, MOST_WRITING_S)
        ends_at = time.monotonic() + timeout_s
        before = recalled(context.memory, now_s)
        self.discovery.recall(before.lists)
        names = await self._names(context)
        async with asyncio.TaskGroup() as tasks:
            if self.discovery.is_due(now_s):
                asking = tasks.create_task(self.discovery.refresh(context, timeout_s / 2))
                if not self.discovery.is_known():
                    await asking
            run = Run(self._arranged(names, timeout_s))
            await self._scrape_all(run, context, before, timeout_s, ends_at)
        run.discovery_faults = self.discovery.faults()
        result = result_of(run)
        if run.recorder is None or not run.recorder.fault:
            result.memory = to_keep(before, self._memory(run), now_s)
        return result

    async def _names(self, context: Context) -> tuple[str, int]:
        """The job and the interval that targets get by default."""
        if self.names is None and context.portal is not None and context.check_id is not None:
            async with context.portal.connection() as database:
                row = await (await database.execute(NAMES, [context.check_id])).fetchone()
            self.names = (str(row[0]), int(row[1])) if row else None
        return self.names or (TRIAL_JOB, self.default_interval_s)

    def _arranged(self, names: tuple[str, int], timeout_s: float) -> Arranged:
        """The targets; worked out anew when what is known of them has changed."""
        groups = self.discovery.groups()
        defaults = {
            "job": self.settings["job"] or names[0],
            SCHEME: self.settings["scheme"],
            PATH: self.settings["metrics_path"],
            INTERVAL: f"{names[1]}s",
            TIMEOUT: f"{timeout_s:.3g}s",
        } | self.settings["labels"]
        if self.arranged is None or self.arranged[0] != (groups, defaults):
            self.arranged = (groups, defaults), arranged(groups, defaults, self.target_rules)
            wanted = {key_of(target): target for target in self.arranged[1].targets}
            self.scrapers = {
                key: self.scrapers.get(key) or Scraper(target, self.settings, self.rules)
                for key, target in wanted.items()
            }
        return self.arranged[1]

    async def _scrape_all(self, run: Run, context: Context, before: Memory, timeout_s: float, ends_at: float) -> None:
        """Every target, each written as soon as it has answered, unless nothing is to be written."""
        seen: asyncio.Queue[tuple[str, Outcome]] = asyncio.Queue()
        at_once = asyncio.Semaphore(AT_ONCE)

        async def scrape(key: str, scraper: Scraper) -> None:
            async with at_once:
                outcome = await scraper.scrape(context, timeout_s, ends_at - time.monotonic())
            run.outcomes[key] = outcome
            seen.put_nowait((key, outcome))

        async with asyncio.TaskGroup() as tasks:
            for key, scraper in self.scrapers.items():
                tasks.create_task(scrape(key, scraper))
            if context.portal is not None and not context.trial:
                ids = {key: self._ids(key, one.ids) for key, one in before.targets.items()}
                gone = [ids[key] for key in ids.keys() - self.scrapers.keys()]
                run.recorder = Recorder(context.portal, int(context.now.timestamp() * 1000), ids)
                await run.recorder.record(seen, len(self.scrapers), np.unique(np.concatenate([NO_IDS, *gone])))

    def _ids(self, key: str, text: str) -> Ids:
        known = self.packed.get(key)
        return known[1] if known and known[0] == text else unpacked(text)

    def _memory(self, run: Run) -> Memory:
        """What the next run must know."""
        kept = run.recorder.after if run.recorder else {}
        room = MOST_IDS
        memory = Memory(lists=self.discovery.as_memory())
        memory.dropped = [[list(pair) for pair in labels] for labels in run.found.dropped[:MOST_DROPPED]]
        packed_now: dict[str, tuple[str, Ids]] = {}
        for key, outcome in run.outcomes.items():
            ids = kept.get(key, NO_IDS)
            room -= len(ids)
            packed_now[key] = self._packed(key, ids if room >= 0 else NO_IDS)
            target = outcome.scraper.target
            memory.targets[key] = Remembered(
                target.url,
                [list(pair) for pair in target.labels],
                [list(pair) for pair in target.discovered],
                outcome.fault.words if outcome.fault else "",
                packed_now[key][0],
            )
        self.packed = packed_now
        return memory

    def _packed(self, key: str, ids: Ids) -> tuple[str, Ids]:
        known = self.packed.get(key)
        if known and len(known[1]) == len(ids) and (known[1] == ids).all():
            return known
        return packed(ids), ids


def key_of(target: Target) -> str:
    """What a target is known by from run to run: short, and another for every difference in its URL or its labels."""
    return hashlib.sha256(repr((target.url, target.labels)).encode()).hexdigest()[:16]
