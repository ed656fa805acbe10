"""Which series there are, to look at."""

from django.contrib import admin

from monitoring.metrics.models import Series
from opsportal.admin import RecordAdmin


@admin.register(Series)
class SeriesAdmin(RecordAdmin):
    list_display = ["name", "labels", "first_seen_at"]
    search_fields = ["name"]
    fields = ["name", "labels", "target", "first_seen_at", "last_seen_at"]
    readonly_fields = fields
