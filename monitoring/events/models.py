"""The timeline: what happened."""

from django.db import models

from monitoring.events.choices import Severity
from monitoring.events.querysets import EventQuerySet
from opsportal.partitions import PartitionedTable

EVENTS = PartitionedTable("events_event", "time", "month")


class Event(models.Model):
    """Something that happened. Partitioned by month on `time`; the primary key in the database is (id, time).

    `kind` is dotted, most general word first (`check.status`, `service.status`, `config.imported`); `subject` names what it happened to
    (`service:shop`, `check:shop/home`, `user:ada`).
    """

    id = models.BigAutoField(primary_key=True)
    time = models.DateTimeField()
    kind = models.CharField(max_length=60)
    severity = models.CharField(max_length=10, choices=Severity.choices)
    subject = models.CharField(max_length=250)
    summary = models.TextField()
    payload = models.JSONField(default=dict)

    objects = EventQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "events_event"
        ordering = ["-time", "-id"]

    def __str__(self) -> str:
        return f"{self.subject}: {self.summary}"
