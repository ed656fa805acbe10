"""`labels`, `label/<name>/values`, `series`, `metadata`: what there is to ask for."""

from collections import defaultdict

from django.http import HttpRequest

from monitoring.metrics import querying
from monitoring.metrics.prometheus.door import Door
from monitoring.metrics.prometheus.envelope import Answer, ApiError, bad_parameter
from monitoring.metrics.prometheus.parameters import Parameters, label_name
from monitoring.metrics.prometheus.queries import BOTH
from monitoring.metrics.prometheus.selecting import selectors
from monitoring.metrics.prometheus.truncating import truncated_list


def one_more(limit: int) -> int:
    """What to ask the store for, so that what is left out is noticed."""
    return limit + 1 if limit else 0


class LabelNames(Door):
    """`match[]`, `start`, `end`, `limit`."""

    methods = BOTH

    def answer(self, request: HttpRequest, parameters: Parameters, **path: str) -> Answer:
        start_ms, end_ms = parameters.span_ms()
        limit = parameters.limit()
        matcher_sets = selectors(parameters.all("match[]"))
        found = (
            querying.label_names(matcher_sets, start_ms, end_ms, limit=one_more(limit)) if start_ms <= end_ms else []
        )
        return Answer(*truncated_list(found, limit))


class LabelValues(Door):
    """The same of one label; GET only, which is how Grafana notices that it may not POST."""

    def answer(self, request: HttpRequest, parameters: Parameters, **path: str) -> Answer:
        name = label_name(path["name"])
        start_ms, end_ms = parameters.span_ms()
        limit = parameters.limit()
        matcher_sets = selectors(parameters.all("match[]"))
        if start_ms > end_ms:
            return Answer([])
        found = querying.label_values(name, matcher_sets, start_ms, end_ms, limit=one_more(limit))
        return Answer(*truncated_list(found, limit))


class Series(Door):
    """`match[]` (needed), `start`, `end`, `limit`."""

    methods = BOTH

    def answer(self, request: HttpRequest, parameters: Parameters, **path: str) -> Answer:
        if not parameters.all("match[]"):
            raise ApiError("bad_data", "no match[] parameter provided")
        start_ms, end_ms = parameters.span_ms()
        try:
            matcher_sets = selectors(parameters.all("match[]"))
        except ApiError as error:
            raise bad_parameter("match[]", error.message) from None
        limit = parameters.limit()
        found = querying.series(matcher_sets, start_ms, end_ms, limit=one_more(limit)) if start_ms <= end_ms else []
        kept, warnings = truncated_list(found, limit)
        return Answer([dict(labels) for labels in kept], warnings)


class Metadata(Door):
    """`metric`, `limit`, `limit_per_metric`; type, help and unit of each metric."""

    def answer(self, request: HttpRequest, parameters: Parameters, **path: str) -> Answer:
        limit, each = metadata_limit(parameters, "limit"), metadata_limit(parameters, "limit_per_metric")
        if limit == 0 and parameters.text("limit"):
            return Answer({})
        found: dict[str, list[dict[str, str]]] = defaultdict(list)
        for one in querying.metadata(parameters.text("metric"), limit=limit):
            if not each or len(found[one.metric]) < each:
                found[one.metric].append({"type": one.type, "help": one.help, "unit": one.unit})
        return Answer(found)


def metadata_limit(parameters: Parameters, name: str) -> int:
    """0 where there is none: not given, or negative."""
    text = parameters.text(name)
    if not text:
        return 0
    try:
        return max(int(text), 0)
    except ValueError:
        raise ApiError("bad_data", f"{name} must be a number") from None
