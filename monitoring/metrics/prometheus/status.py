"""`status/…`: what runs here, in Prometheus's form. No path, host or secret of the portal is told."""

import os
import platform
import threading
from collections import Counter
from datetime import UTC, datetime

from django.conf import settings
from django.http import HttpRequest

from monitoring.metrics import querying
from monitoring.metrics.prometheus.door import Door
from monitoring.metrics.prometheus.envelope import Answer
from monitoring.metrics.prometheus.parameters import GREATEST_MS, LEAST_MS, Parameters
from monitoring.metrics.prometheus.queries import now_ms
from opsportal.version import version

# Grafana and others ask what they may use by this number: the newest Prometheus 2 whose API is answered here.
SPOKEN_VERSION = "2.55.1"
STARTED = datetime.now(UTC)
TOP = 10


class BuildInfo(Door):
    def answer(self, request: HttpRequest, parameters: Parameters, **path: str) -> Answer:
        return Answer(
            {
                "version": SPOKEN_VERSION,
                "revision": f"opsportal-{version()}",
                "branch": "opsportal",
                "buildUser": "opsportal",
                "buildDate": "",
                "goVersion": f"none (Python {platform.python_version()})",
            }
        )


class Config(Door):
    """There is no file: what is scraped is configured in the admin."""

    def answer(self, request: HttpRequest, parameters: Parameters, **path: str) -> Answer:
        return Answer({"yaml": "# Opsportal is configured in its admin, not by a file of Prometheus's form.\n"})


class Flags(Door):
    def answer(self, request: HttpRequest, parameters: Parameters, **path: str) -> Answer:
        return Answer(
            {
                "query.lookback-delta": "5m",
                "query.max-concurrency": str(settings.METRICS_QUERY_CONCURRENCY),
                "query.max-samples": str(settings.METRICS_QUERY_MAX_SAMPLES),
                "query.timeout": f"{settings.METRICS_QUERY_TIMEOUT_S:g}s",
                "storage.tsdb.retention.time": f"{settings.SAMPLES_KEPT_DAYS}d",
                "web.enable-admin-api": "false",
                "web.enable-lifecycle": "false",
                "web.enable-remote-write-receiver": "true",
            }
        )


class RuntimeInfo(Door):
    """Of the process that answers. There is no Go here: its goroutines are threads."""

    def answer(self, request: HttpRequest, parameters: Parameters, **path: str) -> Answer:
        return Answer(
            {
                "startTime": STARTED.isoformat().replace("+00:00", "Z"),
                "CWD": "",
                "reloadConfigSuccess": True,
                "lastConfigTime": STARTED.replace(microsecond=0).isoformat().replace("+00:00", "Z"),
                "corruptionCount": 0,
                "goroutineCount": threading.active_count(),
                "GOMAXPROCS": os.cpu_count() or 1,
                "GOGC": "",
                "GODEBUG": "",
                "storageRetention": f"{settings.SAMPLES_KEPT_DAYS}d",
            }
        )


class Tsdb(Door):
    """The cardinality of all series that are kept, which is known without reading samples: `limit` of each list, 10 unless told."""

    def answer(self, request: HttpRequest, parameters: Parameters, **path: str) -> Answer:
        most = parameters.limit() or TOP
        series = querying.series([], LEAST_MS, GREATEST_MS)
        names: Counter[str] = Counter()
        pairs: Counter[tuple[str, str]] = Counter()
        for labels in series:
            pairs.update(labels)
        values: Counter[str] = Counter(name for name, _ in pairs)
        space: Counter[str] = Counter()
        for (name, value), count in pairs.items():
            space[name] += len(value.encode()) * count
            if name == "__name__":
                names[value] = count
        return Answer(
            {
                "headStats": {
                    "numSeries": len(series),
                    "numLabelPairs": len(pairs),
                    "chunkCount": 0,
                    "minTime": now_ms() - settings.SAMPLES_KEPT_DAYS * 86_400_000,
                    "maxTime": now_ms(),
                },
                "seriesCountByMetricName": listed(names, most),
                "labelValueCountByLabelName": listed(values, most),
                "memoryInBytesByLabelName": listed(space, most),
                "seriesCountByLabelValuePair": listed(
                    Counter({f"{name}={value}": count for (name, value), count in pairs.items()}), most
                ),
            }
        )


class WalReplay(Door):
    """Nothing is replayed: the portal answers as soon as it is up."""

    def answer(self, request: HttpRequest, parameters: Parameters, **path: str) -> Answer:
        return Answer({"min": 0, "max": 0, "current": 0})


def listed(counted: Counter[str], most: int) -> list[dict[str, object]]:
    """The greatest first, equal ones by name."""
    ordered = sorted(counted.items(), key=lambda pair: (-pair[1], pair[0]))
    return [{"name": name, "value": value} for name, value in ordered[:most]]
