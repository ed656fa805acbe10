"""Which series there are and who sends them, to look at; how long samples are kept, to change."""

from typing import Any

from django.contrib import admin
from django.db.models import OuterRef, QuerySet, Subquery, Sum
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.utils import timezone
from django.utils.safestring import SafeString
from unfold.admin import ModelAdmin

from monitoring.metrics import queries
from monitoring.metrics.models import MetricMetadata, MetricSource, Series, StoreState
from opsportal.admin import RecordAdmin


@admin.register(Series)
class SeriesAdmin(RecordAdmin):
    list_display = ["name", "labels", "target", "last_seen_at"]
    list_select_related = ["target"]
    search_fields = ["name"]
    fields = ["name", "labels", "target", "first_seen_at", "last_seen_at"]
    readonly_fields = fields


@admin.register(MetricSource)
class MetricSourceAdmin(RecordAdmin):
    list_display = ["__str__", "active_count", "series", "refused", "refused_at"]
    list_filter = ["kind"]
    search_fields = ["name"]
    ordering = ["-active_count", "id"]
    fields = ["kind", "name", "created_at", "active_count", "series", "refused", "refused_at"]
    readonly_fields = fields

    def get_queryset(self, request: HttpRequest) -> QuerySet[MetricSource]:
        found: QuerySet[MetricSource] = super().get_queryset(request)
        parts = (
            MetricSource.objects.filter(kind=OuterRef("kind"), name=OuterRef("name")).order_by().values("kind", "name")
        )
        kept = parts.annotate(kept=Sum("series_count")).values("kept")
        return found.filter(part=0).annotate(series_kept=Subquery(kept))

    @admin.display(description="Series", ordering="series_kept")
    def series(self, source: MetricSource) -> int:
        return int(getattr(source, "series_kept", 0) or 0)


@admin.register(MetricMetadata)
class MetricMetadataAdmin(RecordAdmin):
    list_display = ["metric", "type", "unit", "help"]
    list_filter = ["type"]
    search_fields = ["metric", "help"]
    fields = ["metric", "type", "unit", "help"]
    readonly_fields = fields


@admin.register(StoreState)
class StoreStateAdmin(ModelAdmin):
    """One row: the retention of each tier, and the store in numbers."""

    fieldsets = [
        (
            "How long samples are kept",
            {"fields": ["raw_days", "minute_days", "ten_minutes_days", "hour_days"]},
        ),
        ("The store now", {"fields": ["numbers", "largest"]}),
    ]
    readonly_fields = ["numbers", "largest"]
    list_display = ["__str__", "raw_days", "minute_days", "ten_minutes_days", "hour_days", "compacted_at"]
    actions = None

    def has_add_permission(self, request: HttpRequest) -> bool:
        return not StoreState.objects.exists() and super().has_add_permission(request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    @admin.display(description="Numbers")
    def numbers(self, state: StoreState) -> SafeString:
        return render_to_string("metrics/admin/numbers.html", {"stats": queries.store_stats(timezone.now())})

    @admin.display(description="Where series go")
    def largest(self, state: StoreState) -> SafeString:
        return render_to_string("metrics/admin/largest.html", {"largest": queries.offenders()})
