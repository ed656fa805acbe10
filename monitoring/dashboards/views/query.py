"""The query page: what was measured, asked for in PromQL. Points are read through the Prometheus API; here are the page, the
check of an expression while it is typed, and the file of an answer."""

import csv
import time
from collections.abc import AsyncIterator, Iterator
from typing import Any

from asgiref.sync import sync_to_async
from django.conf import settings
from django.contrib.auth.decorators import permission_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from monitoring.dashboards import query_csv
from monitoring.dashboards.metric_words import described, known_metrics
from monitoring.dashboards.promql_words import words
from monitoring.dashboards.query_examples import examples
from monitoring.dashboards.timerange import PRESETS, TimeRange, time_range
from monitoring.metrics import querying
from monitoring.metrics.prometheus.envelope import STATUS
from monitoring.metrics.prometheus.parameters import UnreadableError, duration_ms
from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.evaluate import Result
from monitoring.metrics.promql.limits import MOST_POINTS
from monitoring.metrics.promql.parsing import parse
from monitoring.metrics.promql.vectors import Vector

PERMISSION = "metrics.view_series"
MOST_QUERIES = 8
MOST_CHARACTERS = 4_000  # of one expression: it has to fit into an address
MOST_COLUMNS = 2_000
MOST_CELLS = 4_000_000
PIECE_CHARACTERS = 64 * 1024


@require_safe
@permission_required(PERMISSION, raise_exception=True)
def query(request: HttpRequest) -> HttpResponse:
    """The page. What it asks is in its address, and read there by its script."""
    context = {
        "examples": examples(),
        "presets": {name: int(span.total_seconds()) for name, span in PRESETS.items()},
        "words": words(),
        "metric_words": {metric: described(metric) for metric in known_metrics()},
        "most_queries": MOST_QUERIES,
        "most_characters": MOST_CHARACTERS,
    }
    return render(request, "dashboards/query.html", context)


@require_safe
@permission_required(PERMISSION, raise_exception=True)
def check(request: HttpRequest) -> JsonResponse:
    """Can `q` be read? `{"type": …}`, or `{"error": …, "position": …}` with the 0-based character where it goes wrong."""
    text = request.GET.get("q", "")
    try:
        answer: dict[str, Any] = {"type": parse(text).type}
    except PromqlError as error:
        answer = {"error": error.message.partition("parse error: ")[2] or error.message, "position": error.position}
    response = JsonResponse(answer)
    response["Cache-Control"] = "no-store"
    return response


@require_safe
@permission_required(PERMISSION, raise_exception=True)
def export(request: HttpRequest) -> HttpResponseBase:
    """The answers to every `q` as CSV: over the range, or with `view=table` at its end. 400 names the field that is wrong."""
    asked = time_range(request.GET, timezone.now())
    texts = [text for text in request.GET.getlist("q") if text.strip()]
    try:
        _bounded(asked, texts)
        if request.GET.get("view") == "table":
            left_s = allowance()
            rows = query_csv.at_once([querying.query(text, ms(asked)[1], timeout_s=next(left_s)) for text in texts])
        else:
            rows = query_csv.over_time(_ranges(asked, texts, _step_ms(request, asked)))
    except PromqlError as error:
        return HttpResponse(f"{error.message}\n", status=STATUS[error.kind], content_type="text/plain; charset=utf-8")
    return streamed(request, rows, f"query-{asked.end:%Y-%m-%dT%H%M}.csv")


def _bounded(asked: TimeRange, texts: list[str]) -> None:
    if asked.problems:
        raise PromqlError("bad_data", asked.problems[0])
    if not 1 <= len(texts) <= MOST_QUERIES:
        raise PromqlError("bad_data", f"q: give 1 to {MOST_QUERIES} expressions.")


def _step_ms(request: HttpRequest, asked: TimeRange) -> int:
    text = request.GET.get("step", "")
    try:
        step_ms = int(duration_ms(text)) if text else int(asked.step.total_seconds() * 1000)
    except UnreadableError as error:
        raise PromqlError("bad_data", f"step: {error}") from None
    start_ms, end_ms = ms(asked)
    if step_ms < 1 or (end_ms - start_ms) // step_ms > MOST_POINTS:
        raise PromqlError("bad_data", f"step: choose a longer one; at most {MOST_POINTS:,} points fit into the range.")
    return step_ms


def _ranges(asked: TimeRange, texts: list[str], step_ms: int) -> list[Result]:
    """Steps are multiples of the step, as on the page."""
    start_ms, end_ms = (moment // step_ms * step_ms for moment in ms(asked))
    left_s, columns, results = allowance(), 0, []
    for text in texts:
        results.append(querying.query_range(text, start_ms, end_ms, step_ms, timeout_s=next(left_s)))
        columns += len(value.labels) if isinstance(value := results[-1].value, Vector) else 1
        if columns > MOST_COLUMNS:
            raise PromqlError("bad_data", f"q: {columns:,} series are too many columns; at most {MOST_COLUMNS:,} fit.")
        if columns * len(results[0].step_times_ms) > MOST_CELLS:
            raise PromqlError("bad_data", f"step: choose a longer one; a file has at most {MOST_CELLS:,} cells.")
    return results


def allowance() -> Iterator[float]:
    """Seconds that are left of the time one question may take, for all of a request's together."""
    ends = time.monotonic() + settings.METRICS_QUERY_TIMEOUT_S
    while True:
        yield max(ends - time.monotonic(), 0.0)


def ms(asked: TimeRange) -> tuple[int, int]:
    return int(asked.start.timestamp() * 1000), int(asked.end.timestamp() * 1000)


class Line:
    """What csv.writer writes to: it keeps nothing."""

    def write(self, text: str) -> str:
        return text


def streamed(request: HttpRequest, rows: Iterator[query_csv.Row], name: str) -> StreamingHttpResponse:
    """The file, some rows at a time, each piece written apart from the event loop."""
    pieces = _pieces(rows)
    content = _aside(pieces) if hasattr(request, "scope") else pieces
    return StreamingHttpResponse(
        content,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"', "Cache-Control": "no-store"},
    )


def _pieces(rows: Iterator[query_csv.Row]) -> Iterator[str]:
    write = csv.writer(Line()).writerow
    lines, size = [], 0
    for row in rows:
        lines.append(line := write(row))
        size += len(line)
        if size >= PIECE_CHARACTERS:
            yield "".join(lines)
            lines, size = [], 0
    yield "".join(lines)


async def _aside(pieces: Iterator[str]) -> AsyncIterator[str]:
    following = sync_to_async(lambda: next(pieces, ""), thread_sensitive=False)
    while piece := await following():
        yield piece
