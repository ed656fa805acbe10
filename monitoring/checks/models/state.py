"""What is known of checks and services now, what changed, and the roll-ups of the past.

Actions make the rows of a new check or service and say when it is due; the engine and the roll-ups write the rest.
"""

from django.db import models
from django.db.models import Q

from monitoring.checks.choices import Cause, Status
from monitoring.checks.querysets import StatusRollupQuerySet


class CheckSchedule(models.Model):
    """When a check runs next. A narrow table of its own, because it is updated twice a run.

    A claim sets `lease` and `lease_until` and leaves `next_check_at` alone; the result moves it on. A worker that died leaves a lease that
    runs out, and the check is due again. A result counts only while its `lease` still stands. Whoever wants a check run at once sets
    `next_check_at`, at any time: a run under way does not swallow that.
    """

    check_ref = models.OneToOneField(
        "checks.Check", on_delete=models.CASCADE, primary_key=True, related_name="schedule", db_column="check_id"
    )
    next_check_at = models.DateTimeField(null=True, help_text="Null: not to be run.")
    lease = models.BigIntegerField(null=True, help_text="Token of the run that is under way.")
    lease_until = models.DateTimeField(null=True, help_text="When that run is given up for lost.")

    class Meta:
        indexes = [models.Index(fields=["next_check_at"], name="check_due", condition=Q(next_check_at__isnull=False))]


class CheckState(models.Model):
    """What the portal knows of a check."""

    check_ref = models.OneToOneField(
        "checks.Check", on_delete=models.CASCADE, primary_key=True, related_name="state", db_column="check_id"
    )
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PENDING)
    confirmed = models.CharField(
        max_length=12,
        choices=Status.choices,
        default=Status.PENDING,
        help_text="Behind a pause, maintenance or staleness.",
    )
    since = models.DateTimeField(null=True)
    hard = models.BooleanField(
        default=True, help_text="False while the last verdict differs from the status and is not confirmed yet."
    )
    last_checked_at = models.DateTimeField(null=True)
    last_verdict = models.CharField(max_length=12, choices=Status.choices, default=Status.PENDING)
    last_cause = models.CharField(max_length=20, choices=Cause.choices, blank=True)
    last_summary = models.TextField(blank=True)
    last_values = models.JSONField(default=dict)
    last_duration_s = models.FloatField(null=True)
    streak = models.PositiveIntegerField(default=0, help_text="Runs in a row with the last verdict.")
    history = models.CharField(
        max_length=21, blank=True, help_text="First letters of the last 21 verdicts, the newest last."
    )
    flap_percent = models.FloatField(default=0)
    flapping = models.BooleanField(default=False)
    memory = models.JSONField(
        default=dict, help_text="What the probe keeps for its next run (counters for windowed deltas)."
    )

    class Meta:
        indexes = [models.Index(fields=["status"], name="check_state_status")]


class ServiceState(models.Model):
    """What follows for a service from its checks (`status.service_status`)."""

    service = models.OneToOneField("checks.Service", on_delete=models.CASCADE, primary_key=True, related_name="state")
    status = models.CharField(max_length=12, choices=Status.choices, default=Status.PENDING)
    rank = models.PositiveSmallIntegerField(default=0, help_text="Order on the overview: the worst first.")
    since = models.DateTimeField(null=True)
    reason = models.TextField(blank=True, help_text="The summary of the check that decides.")
    affected_by = models.ForeignKey("checks.Service", on_delete=models.SET_NULL, null=True, related_name="+")

    class Meta:
        indexes = [models.Index(fields=["rank", "service"], name="service_state_order")]


class StatusChange(models.Model):
    """One change of status of a check (`check_id` set) or of a service (`check_id` null), with its evidence.

    Partitioned by month on `time`; the primary key in the database is (id, time).
    """

    id = models.BigAutoField(primary_key=True)
    time = models.DateTimeField()
    service_id = models.BigIntegerField()
    check_id = models.BigIntegerField(null=True)
    before = models.CharField(max_length=12, choices=Status.choices)
    after = models.CharField(max_length=12, choices=Status.choices)
    hard = models.BooleanField(default=True)
    cause = models.CharField(max_length=20, choices=Cause.choices, blank=True)
    summary = models.TextField(blank=True)
    evidence = models.JSONField(default=dict)

    class Meta:
        managed = False
        db_table = "checks_statuschange"
        ordering = ["-time", "-id"]


class StatusRollup(models.Model):
    """Seconds spent in each status, and latency, of a check (or service: `check_id` null) in one slot of one tier.

    Written by `rollups`; uptime and strips are read from here, never from raw results. `latency` maps the index of a
    bucket of `latency.LATENCY_BUCKETS_S` to a count. Partitioned by month on `start`.
    """

    id = models.BigAutoField(primary_key=True)
    tier_s = models.PositiveIntegerField(help_text="Length of the slot in seconds: 900, 3600 or 86400.")
    start = models.DateTimeField()
    service_id = models.BigIntegerField()
    check_id = models.BigIntegerField(null=True)
    up_s = models.FloatField(default=0)
    degraded_s = models.FloatField(default=0)
    down_s = models.FloatField(default=0)
    unknown_s = models.FloatField(default=0, help_text="Unknown or stale.")
    excluded_s = models.FloatField(default=0, help_text="Maintenance, paused or not run yet.")
    runs = models.PositiveIntegerField(default=0)
    latency_sum_s = models.FloatField(default=0)
    latency_max_s = models.FloatField(default=0)
    latency = models.JSONField(default=dict)

    objects = StatusRollupQuerySet.as_manager()

    class Meta:
        managed = False
        db_table = "checks_statusrollup"
