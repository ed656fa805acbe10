"""The metric browser: what is measured, what it is, its labels, and who makes the most series."""

from django.contrib.auth.decorators import permission_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from monitoring.dashboards.filters import PAGE_LIMIT, TEXT_LIMIT
from monitoring.dashboards.metric_words import described, known_metrics, metrics_about
from monitoring.dashboards.views.query import PERMISSION
from monitoring.metrics import browsing
from monitoring.metrics.browsing import LabelCount, MetricRow, selector
from monitoring.metrics.queries import offenders

PAGE_SIZE = 50
MOST_OFFENDERS = 15


@require_safe
@permission_required(PERMISSION, raise_exception=True)
def metrics(request: HttpRequest) -> HttpResponse:
    """Metrics by name or by how many series they have; `text` is looked for in names and descriptions."""
    text = request.GET.get("text", "").strip()[:TEXT_LIMIT]
    order: browsing.Order = "series" if request.GET.get("order") == "series" else "name"
    page = page_of(request)
    found = browsing.metric_page(
        text=text, also=metrics_about(text), order=order, most=PAGE_SIZE, skip=(page - 1) * PAGE_SIZE
    )
    context = {
        "found": found,
        "rows": [(row, told(row), kind(row), unit(row), selector(row.name, {})) for row in found.rows],
        "text": text,
        "order": order,
        "page": page,
        "pages": max(1, -(-found.metrics // PAGE_SIZE)),
    }
    return render(request, "dashboards/metrics.html", context)


@require_safe
@permission_required(PERMISSION, raise_exception=True)
def metric(request: HttpRequest, name: str) -> HttpResponse:
    """One metric: labels with their cardinality and most frequent values, some of its series."""
    row = browsing.metric_row(name)
    if row is None:
        raise Http404
    context = {
        "row": row,
        "told": told(row),
        "type": kind(row),
        "unit": unit(row),
        "labels": [(label, links(name, label)) for label in browsing.label_counts(name)],
        "most_counted": browsing.MOST_COUNTED if row.series > browsing.MOST_COUNTED else 0,
        "examples": browsing.example_series(name),
        "suggestions": suggestions(row),
    }
    return render(request, "dashboards/metrics_metric.html", context)


@require_safe
@permission_required(PERMISSION, raise_exception=True)
def cardinality(request: HttpRequest) -> HttpResponse:
    """The metrics, labels and sources that make the most series."""
    context = {"found": offenders(MOST_OFFENDERS)}
    return render(request, "dashboards/metrics_cardinality.html", context)


def page_of(request: HttpRequest) -> int:
    text = request.GET.get("page", "")
    return min(max(int(text), 1), PAGE_LIMIT) if text.isascii() and text.isdigit() and len(text) < 9 else 1


def told(row: MetricRow) -> str:
    return row.help or described(row.name)


def kind(row: MetricRow) -> str:
    """Its type. What the portal's checks measure are gauges."""
    return row.type or ("gauge" if row.name in known_metrics() else "")


def unit(row: MetricRow) -> str:
    known = known_metrics().get(row.name)
    return row.unit or (known.unit if known else "")


def links(metric: str, label: LabelCount) -> list[tuple[str, int, str]]:
    """(value, series, expression) of the most frequent values of a label."""
    return [(value, count, selector(metric, {label.name: value})) for value, count in label.top]


def suggestions(row: MetricRow) -> list[tuple[str, str]]:
    """What one would ask of such a metric: (words, expression)."""
    name = selector(row.name, {})
    if row.type == "histogram" and row.name.endswith("_bucket"):
        return [("95th percentile", f"histogram_quantile(0.95, sum by (le) (rate({name}[5m])))")]
    if row.type == "counter" or row.name.endswith(("_total", "_count", "_sum", "_bucket")):
        return [("Query its growth", f"rate({name}[5m])"), ("Sum of the growth", f"sum(rate({name}[5m]))")]
    return [("Query it", name), ("Mean", f"avg({name})"), ("Five largest", f"topk(5, {name})")]
