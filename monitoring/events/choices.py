"""The words of the timeline."""

from django.db import models


class Severity(models.TextChoices):
    CRITICAL = "critical", "Critical"
    ERROR = "error", "Error"
    WARNING = "warning", "Warning"
    NOTICE = "notice", "Notice"
    INFO = "info", "Info"

    @property
    def icon(self) -> str:
        return {
            "critical": "dangerous",
            "error": "error",
            "warning": "warning",
            "notice": "notifications",
            "info": "info",
        }[self]
