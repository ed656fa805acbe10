"""Where samples are sent on to, and what waits to be sent."""

from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.models import Func


class Auth(models.TextChoices):
    """How the portal says who it is."""

    NONE = "none", "None"
    BASIC = "basic", "Basic"
    BEARER = "bearer", "Bearer"


if TYPE_CHECKING:
    BigIntegerField = models.BigIntegerField[int, int]
else:
    BigIntegerField = models.BigIntegerField


class XidField(BigIntegerField):
    """A transaction id of 64 bits (`xid8`)."""

    def db_type(self, connection: Any) -> str:
        return "xid8"


class Destination(models.Model):
    """A system that takes remote write. `cursor_xid` and `cursor_id` name the last row of the queue it has taken (or refused for good)."""

    name = models.CharField(max_length=120, unique=True)
    url = models.CharField(max_length=2000, help_text="Its remote-write address: https://…/api/v1/write.")
    auth = models.CharField(max_length=10, choices=Auth, default=Auth.NONE)
    username = models.CharField(max_length=200, blank=True)
    sealed_secret = models.TextField(blank=True, editable=False)
    external_labels = models.JSONField(default=dict, blank=True)
    enabled = models.BooleanField(default=True)
    is_backend = models.BooleanField(default=False, editable=False, help_text="The system of METRICS_BACKEND.")
    cursor_xid = models.BigIntegerField(default=0, editable=False)
    cursor_id = models.BigIntegerField(default=0, editable=False)
    next_attempt_at = models.DateTimeField(auto_now_add=True, editable=False)
    claimed_by = models.UUIDField(null=True, editable=False)
    claimed_until = models.DateTimeField(null=True, editable=False)
    failures = models.PositiveIntegerField(default=0, editable=False)
    failing_since = models.DateTimeField(null=True, editable=False)
    last_error = models.CharField(max_length=500, blank=True, editable=False)
    last_sent_at = models.DateTimeField(null=True, editable=False)
    sent_samples = models.BigIntegerField(default=0, editable=False)
    dropped_samples = models.BigIntegerField(default=0, editable=False)

    class Meta:
        verbose_name = "remote write destination"
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class Outgoing(models.Model):
    """Samples of one write, waiting. Rows are sent in the order of their transactions, each transaction once it is over: ids alone are
    handed out in another order than the one in which rows become visible, and a row would be passed over."""

    id = models.BigAutoField(primary_key=True)
    xid = XidField(db_default=Func(function="pg_current_xact_id"))
    created_at = models.DateTimeField(db_default=Func(function="now"))
    samples = models.PositiveIntegerField()
    payload = models.BinaryField()

    class Meta:
        indexes = [models.Index(fields=["xid", "id"], name="outgoing_order")]
