"""Machines that report of themselves through `manage.py agent`."""

from django.conf import settings
from django.db import models


class Machine(models.Model):
    """A machine with an agent, and the newest report it sent. Written by `agent.actions.readings_store` only.

    `report` holds {"values": {name: number}, "facts": {name: text}} as `system.collect` made them; `streams` the last
    sequence number taken of each agent's buffer, so that a report sent twice is stored once.
    """

    name = models.CharField(max_length=120)
    slug = models.SlugField(max_length=120, unique=True)
    first_report_at = models.DateTimeField(auto_now_add=True)
    last_report_at = models.DateTimeField(
        null=True, help_text="When the newest reading was taken, by the portal's clock."
    )
    interval_s = models.PositiveIntegerField(default=15, help_text="Seconds from one report to the next.")
    report = models.JSONField(default=dict, blank=True)
    streams = models.JSONField(default=dict, blank=True, editable=False)
    clock_skew_s = models.FloatField(default=0, help_text="How far the machine's clock is ahead of the portal's.")
    dropped = models.PositiveBigIntegerField(default=0, help_text="Readings its buffer had no room for.")
    pushed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.SET_NULL,
        null=True,
        related_name="+",
        help_text="Whose token it uses.",
    )

    class Meta:
        ordering = ["name"]
        permissions = [("push_report", "Can send reports of machines")]

    def __str__(self) -> str:
        return self.name
