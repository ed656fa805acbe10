"""What jobs told the portal through their ping addresses."""

import uuid

from django.db import models

from monitoring.checks.choices import PingKind


class HeartbeatPing(models.Model):
    """One ping. Partitioned by month on `time`; the primary key in the database is (id, time)."""

    id = models.BigAutoField(primary_key=True)
    time = models.DateTimeField()
    check_id = models.BigIntegerField()
    kind = models.CharField(max_length=8, choices=PingKind.choices)
    exit_code = models.PositiveSmallIntegerField(null=True)
    run_id = models.UUIDField(null=True, help_text="The caller's ?rid=, which pairs a start with its end.")
    duration_s = models.FloatField(null=True, help_text="From its start to this end, where both are known.")
    method = models.CharField(max_length=4)
    remote_address = models.GenericIPAddressField(null=True)
    user_agent = models.CharField(max_length=200, blank=True)
    body = models.BinaryField(default=b"", help_text="The first bytes of what was sent.")
    body_size = models.PositiveIntegerField(default=0)

    class Meta:
        managed = False
        db_table = "checks_heartbeatping"
        ordering = ["-time", "-id"]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} at {self.time:%Y-%m-%d %H:%M:%S}"


class HeartbeatKey(models.Model):
    """The address of a heartbeat check: `/ping/<key>`. Written by `heartbeats.actions.key_ensure` only.

    Its row is locked while a ping is stored, so that the pings of one job are paired one after the other.
    """

    check_ref = models.OneToOneField(
        "checks.Check", on_delete=models.CASCADE, primary_key=True, related_name="heartbeat_key", db_column="check_id"
    )
    key = models.UUIDField(unique=True, default=uuid.uuid4)

    def __str__(self) -> str:
        return str(self.key)
