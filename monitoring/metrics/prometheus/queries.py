"""`query`, `query_range`, `query_exemplars`, `format_query`: what is asked in PromQL."""

import time
from typing import Any

import orjson
import promql_parser
from django.http import HttpRequest

from monitoring.metrics import querying
from monitoring.metrics.prometheus.door import Door
from monitoring.metrics.prometheus.envelope import Answer, ApiError, bad_parameter
from monitoring.metrics.prometheus.ordering import ordered
from monitoring.metrics.prometheus.parameters import GREATEST_MS, LEAST_MS, Parameters
from monitoring.metrics.prometheus.serialising import query_data
from monitoring.metrics.prometheus.truncating import truncated
from monitoring.metrics.promql.errors import PromqlError
from monitoring.metrics.promql.evaluate import Result
from monitoring.metrics.promql.limits import MOST_POINTS
from monitoring.metrics.promql.parsing import parse

BOTH = ("GET", "POST")
NO_STEP = "zero or negative query resolution step widths are not accepted. Try a positive integer"
TOO_FINE = f"exceeded maximum resolution of {MOST_POINTS:,} points per timeseries. Try decreasing the query resolution (?step=XX)"
END_FIRST = "end timestamp must not be before start time"


class Query(Door):
    """`query`, `time`, `timeout`, `limit`, `lookback_delta`, `stats`."""

    methods = BOTH

    def answer(self, request: HttpRequest, parameters: Parameters, **path: str) -> Answer:
        time_ms = parameters.time_ms_or("time", now_ms())
        options = options_of(parameters)
        text = parameters.text("query")
        began = time.perf_counter()
        try:
            result = querying.query(text, time_ms, **options)
        except PromqlError as error:
            raise (bad_parameter("query", error.message) if error.kind == "bad_data" else error) from None
        return answered(ordered(result, parse(text)), parameters, time.perf_counter() - began)


class QueryRange(Door):
    """As Query, with `start`, `end` and `step` in place of `time`."""

    methods = BOTH

    def answer(self, request: HttpRequest, parameters: Parameters, **path: str) -> Answer:
        start_ms, end_ms = parameters.time_ms("start"), parameters.time_ms("end")
        if end_ms < start_ms:
            raise bad_parameter("end", END_FIRST)
        step_ms = parameters.duration_ms("step")
        if step_ms < 1:
            raise bad_parameter("step", NO_STEP)
        if (end_ms - start_ms) / step_ms >= MOST_POINTS + 1:
            raise ApiError("bad_data", TOO_FINE)
        options = options_of(parameters)
        began = time.perf_counter()
        result = querying.query_range(parameters.text("query"), start_ms, end_ms, int(step_ms), **options)
        return answered(result, parameters, time.perf_counter() - began)


class QueryExemplars(Door):
    """No exemplars are kept, so none are found; what cannot be asked is refused all the same."""

    methods = BOTH

    def answer(self, request: HttpRequest, parameters: Parameters, **path: str) -> Answer:
        start_ms, end_ms = parameters.time_ms_or("start", LEAST_MS), parameters.time_ms_or("end", GREATEST_MS)
        if end_ms < start_ms:
            raise ApiError("bad_data", "end timestamp must not be before start timestamp")
        parse(parameters.text("query"))
        return Answer([])


class FormatQuery(Door):
    """`query`, laid out as Prometheus lays it out."""

    methods = BOTH

    def answer(self, request: HttpRequest, parameters: Parameters, **path: str) -> Answer:
        text = parameters.text("query")
        try:
            parse(text)
        except PromqlError as error:
            raise bad_parameter("query", error.message) from None
        try:
            return Answer(promql_parser.parse(text).prettify())
        except ValueError as error:  # the few texts that Prometheus reads and this parser does not
            raise bad_parameter("query", str(error)) from None


def options_of(parameters: Parameters) -> dict[str, Any]:
    """`timeout` and `lookback_delta`, as `querying` takes them. A `limit` that cannot be read is refused before any work."""
    options: dict[str, Any] = {}
    parameters.limit()
    if parameters.text("timeout"):
        options["timeout_s"] = parameters.duration_ms("timeout") / 1000
    lookback_ms = parameters.duration_ms_or("lookback_delta", 0)
    if lookback_ms < 0:
        raise bad_parameter("lookback_delta", "a look-back cannot be negative")
    if lookback_ms >= 1:
        options["lookback_ms"] = int(lookback_ms)
    return options


def answered(result: Result, parameters: Parameters, took_s: float) -> Answer:
    value, cut = truncated(result.value, parameters.limit())
    after = b',"stats":' + stats(result, took_s) if parameters.text("stats") else b""
    data = query_data(result.kind, value, result.step_times_ms, after)
    return Answer(data, [*result.notes.warnings, *cut], result.notes.infos)


def stats(result: Result, took_s: float) -> bytes:
    """Prometheus's form; what is not told apart here is 0."""
    parts = ("resultSortTime", "queryPreparationTime", "innerEvalTime", "execQueueTime")
    timings = {"evalTotalTime": round(took_s, 9), **dict.fromkeys(parts, 0), "execTotalTime": round(took_s, 9)}
    samples = getattr(result, "samples", 0)
    return orjson.dumps({"timings": timings, "samples": {"totalQueryableSamples": samples, "peakSamples": samples}})


def now_ms() -> int:
    return int(time.time() * 1000)
