"""Another system that speaks Prometheus's query API keeps the samples: VictoriaMetrics, Mimir, Thanos, Prometheus.

METRICS_BACKEND=prometheus://host:8428 (prometheus+https:// over TLS), with `user:password@` or `token@` and a path in front of
`/api/v1/` where it needs them; `?write=/path` where it takes remote write elsewhere than at `/api/v1/write`.
"""

import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, unquote, urlencode, urlsplit

import numpy as np
import orjson

from monitoring.metrics.backends import answers
from monitoring.metrics.backends.base import Options
from monitoring.metrics.ingest import Metadata
from monitoring.metrics.promql.errors import TIMED_OUT, PromqlError
from monitoring.metrics.promql.evaluate import Result
from monitoring.metrics.promql.quoting import go_quote
from monitoring.metrics.promql.storage import Hints, Labels, Matchers, Selection
from opsportal.http import BasicAuth, BearerAuth, Fault, HttpError, Request, Zone
from opsportal.http.blocking import fetch_blocking

MOST_ANSWER_BYTES = 128 * 1024 * 1024
SELECT_TIMEOUT_S = 30.0
AT_ONCE = 4  # questions of one group
ANYTHING = '{__name__!=""}'

Form = list[tuple[str, str]]


class Prometheus:
    """The query API of another system. It is its own `storage` too, for what is read without PromQL."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        scheme = "https" if parts.scheme.endswith("+https") else "http"
        place = f"{scheme}://{parts.netloc.rpartition('@')[2]}"
        self.base = place + parts.path.rstrip("/")
        self.write_url = place + parse_qs(parts.query).get("write", [f"{parts.path.rstrip('/')}/api/v1/write"])[0]
        self.auth = _auth_of(parts.username, parts.password)
        self.storage = self

    def query(self, text: str, time_ms: int, options: Options) -> Result:
        form = [("query", text), ("time", _seconds(time_ms))]
        body = self._ask("query", [*form, *_options(options)], options.deadline_s)
        return answers.result_of(body, np.array([time_ms], dtype=np.int64), instant=True)

    def query_many(self, texts: Sequence[str], time_ms: int, options: Options) -> list[Result | PromqlError]:
        """One by one, a few at the same time."""
        ends = time.monotonic() + options.deadline_s

        def ask(text: str) -> Result | PromqlError:
            left_s = ends - time.monotonic()
            if left_s <= 0:
                return PromqlError("timeout", TIMED_OUT)
            try:
                return self.query(text, time_ms, replace(options, deadline_s=left_s))
            except PromqlError as error:
                return error

        with ThreadPoolExecutor(min(AT_ONCE, max(len(texts), 1)), thread_name_prefix="metrics-query") as threads:
            return list(threads.map(ask, texts))

    def query_range(self, text: str, start_ms: int, end_ms: int, step_ms: int, options: Options) -> Result:
        span = [("start", _seconds(start_ms)), ("end", _seconds(end_ms)), ("step", _seconds(step_ms))]
        body = self._ask("query_range", [("query", text), *span, *_options(options)], options.deadline_s)
        return answers.result_of(body, np.arange(start_ms, end_ms + 1, step_ms, dtype=np.int64), instant=False)

    def series(
        self,
        matcher_sets: Sequence[Matchers],
        start_ms: int,
        end_ms: int,
        limit: int = 0,
        deadline_s: float = SELECT_TIMEOUT_S,
    ) -> list[Labels]:
        form = [("match[]", selector(one)) for one in matcher_sets] or [("match[]", ANYTHING)]
        body = self._ask("series", [*form, *_span(start_ms, end_ms, limit)], deadline_s)
        return _cut(sorted(answers.labels_of(one) for one in body["data"]), limit)

    def label_values(
        self,
        name: str | None,
        matcher_sets: Sequence[Matchers],
        start_ms: int,
        end_ms: int,
        limit: int = 0,
        deadline_s: float = SELECT_TIMEOUT_S,
    ) -> list[str]:
        form = [("match[]", selector(one)) for one in matcher_sets]
        path = "labels" if name is None else f"label/{name}/values"
        body = self._ask(path, [*form, *_span(start_ms, end_ms, limit)], deadline_s, method="GET")
        return _cut(sorted(str(one) for one in body["data"]), limit)

    def metadata(self, metric: str, limit: int, deadline_s: float) -> list[Metadata]:
        """Empty from a server that keeps none."""
        form = ([("metric", metric)] if metric else []) + ([("limit", str(limit))] if limit else [])
        found: Mapping[str, Any] = self._ask("metadata", form, deadline_s, method="GET")["data"] or {}
        return [
            Metadata(name, str(told[0].get("type", "")), str(told[0].get("help", "")), str(told[0].get("unit", "")))
            for name, told in sorted(found.items())
            if told
        ]

    def select(self, matchers: Matchers, start_ms: int, end_ms: int, hints: Hints) -> Selection:
        """Raw samples, but without stale markers: the query API shows none."""
        text = f"{selector(matchers)}[{max(end_ms - start_ms, 1)}ms]"
        body = self._ask("query", [("query", text), ("time", _seconds(end_ms))], SELECT_TIMEOUT_S)
        return answers.selection_of(body["data"]["result"])

    def _ask(self, path: str, form: Form, deadline_s: float, method: str = "POST") -> dict[str, Any]:
        """The server's answer. Raises PromqlError for whatever goes wrong on the way or there."""
        encoded = urlencode(form)
        request = Request(
            f"{self.base}/api/v1/{path}" + (f"?{encoded}" if method == "GET" and encoded else ""),
            method=method,
            headers={"Content-Type": "application/x-www-form-urlencoded"} if method == "POST" else {},
            body=encoded.encode() if method == "POST" else None,
            auth=self.auth,
            timeout_s=deadline_s,
            max_bytes=MOST_ANSWER_BYTES,
        )
        try:
            response = fetch_blocking(request, zone=Zone.CHECKS)
        except HttpError as error:
            if error.cause is Fault.TIMEOUT:
                raise PromqlError("timeout", TIMED_OUT) from None
            raise PromqlError("internal", f"the metrics server cannot be asked: {error}") from None
        if response.truncated:
            raise PromqlError("execution", f"the metrics server's answer is over {MOST_ANSWER_BYTES:,} bytes")
        try:
            body = orjson.loads(response.body)
        except orjson.JSONDecodeError:
            body = None
        if response.status != 200 or not isinstance(body, dict) or body.get("status") != "success":
            raise answers.error_of(response.status, body)
        return body


def prometheus(url: str) -> Prometheus:
    """The backend of `prometheus://` and `prometheus+https://`."""
    return Prometheus(url)


def selector(matchers: Matchers) -> str:
    """Matchers as PromQL writes them."""
    return "{" + ",".join(f"{one.name}{one.op}{go_quote(one.value)}" for one in matchers) + "}"


def _auth_of(user: str | None, password: str | None) -> BasicAuth | BearerAuth | None:
    if user and password:
        return BasicAuth(unquote(user), unquote(password))
    return BearerAuth(unquote(user)) if user else None


def _options(options: Options) -> Form:
    return [("timeout", f"{options.deadline_s:.3f}s"), ("lookback_delta", f"{options.lookback_ms}ms")]


def _span(start_ms: int, end_ms: int, limit: int) -> Form:
    return [
        ("start", _seconds(start_ms)),
        ("end", _seconds(end_ms)),
        *([("limit", str(limit))] if limit else []),
    ]


def _seconds(ms: int) -> str:
    return f"{ms // 1000}.{ms % 1000:03d}"


def _cut(found: list[Any], limit: int) -> list[Any]:
    return found[:limit] if limit else found
