"""How people are told: channels, contact methods, deliveries with each attempt, and what is known of each endpoint."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from alerts.delivery.choices import OPEN, CircuitState, MessageKind, Outcome, State, Urgency
from alerts.delivery.kinds.registry import kind_choices
from alerts.delivery.querysets import DeliveryQuerySet


class Channel(models.Model):
    """A way out of the portal: a Slack channel, an SMTP server, a Twilio account, a webhook.

    `settings` holds the kind's own settings as its form normalised them; its secret ones are sealed in `sealed_secrets`.
    """

    name = models.CharField(max_length=120, unique=True)
    slug = models.SlugField(max_length=120, unique=True)
    kind = models.CharField(max_length=20, choices=kind_choices)
    settings = models.JSONField(default=dict, blank=True)
    sealed_secrets = models.TextField(blank=True, editable=False)
    enabled = models.BooleanField(default=True)
    fallback = models.ForeignKey(
        "self", on_delete=models.SET_NULL, null=True, blank=True, help_text="Told instead when this one does not work."
    )
    give_up_after_s = models.PositiveIntegerField(
        "give up after (s)", default=3600, help_text="How long a message is tried, before it has failed."
    )
    fallback_after_s = models.PositiveIntegerField(
        "fallback after (s)", default=10, help_text="How long a message may be undelivered before the fallback is told."
    )
    revision = models.PositiveIntegerField(default=1, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]
        permissions = [("test_channel", "Can send a test message")]

    def __str__(self) -> str:
        return self.name


class ContactMethod(models.Model):
    """A way to one person: an address of theirs on a channel that takes addresses (e-mail, SMS, Slack, Telegram, ntfy)."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="contact_methods")
    channel = models.ForeignKey(Channel, on_delete=models.PROTECT, related_name="contact_methods")
    name = models.CharField(max_length=80, help_text="Such as My mobile.")
    address = models.CharField(max_length=250, help_text="E-mail address, telephone number (+43…), user id, topic.")
    enabled = models.BooleanField(default=True)
    verified_at = models.DateTimeField(null=True, blank=True, editable=False)
    stopped_at = models.DateTimeField(null=True, blank=True, editable=False, help_text="They answered STOP.")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ["user__username", "name"]
        constraints = [models.UniqueConstraint(fields=["user", "channel", "address"], name="contact_address_once")]

    def __str__(self) -> str:
        return f"{self.user} / {self.name}"


class Delivery(models.Model):
    """One message to one target: the outbox. A row first, then sent, then marked; `key` makes it once only.

    `why` says in words why this target was chosen. `not_before` holds back; `deadline_at` ends the tries. `fair_key` (a service)
    shares a throttled channel fairly; `is_first` jumps the queue. `provider_ref` is what the receiver calls the message. `fallback_at`:
    when the fallback channel is told, unless this is delivered before. `settled`: what follows of a failure was done.
    """

    id = models.BigAutoField(primary_key=True)
    key = models.CharField(max_length=250, unique=True)
    subject = models.CharField(max_length=120, help_text="What it is about, such as incident:42.")
    thread = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=12, choices=MessageKind.choices)
    urgency = models.CharField(max_length=8, choices=Urgency.choices, default=Urgency.NORMAL)
    message = models.JSONField()
    channel = models.ForeignKey(Channel, on_delete=models.SET_NULL, null=True, related_name="deliveries")
    contact = models.ForeignKey(ContactMethod, on_delete=models.SET_NULL, null=True, related_name="deliveries")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="deliveries")
    address = models.CharField(max_length=250, blank=True, help_text="Of the contact method; empty: the channel's own.")
    target_name = models.CharField(max_length=250, help_text="The channel's and person's names as they were.")
    why = models.CharField(max_length=500)
    fair_key = models.CharField(max_length=120, blank=True)
    is_first = models.BooleanField(default=False)
    state = models.CharField(max_length=10, choices=State.choices, default=State.PENDING)
    created_at = models.DateTimeField()
    next_attempt_at = models.DateTimeField()
    deadline_at = models.DateTimeField()
    lease = models.UUIDField(null=True, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    attempts_made = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True)
    provider_ref = models.CharField(max_length=250, blank=True)
    last_error = models.CharField(max_length=500, blank=True)
    held_by = models.CharField(max_length=120, blank=True, help_text="The throttle that holds it back.")
    bundled_into = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="bundled")
    fallback_of = models.ForeignKey("self", on_delete=models.SET_NULL, null=True, related_name="fallbacks")
    fallback_at = models.DateTimeField(null=True, editable=False)
    endpoint = models.CharField(max_length=250, blank=True, help_text="What its circuit is about.")
    cancelled_at = models.DateTimeField(null=True, editable=False, help_text="Cancelled while it was being sent.")
    ended_why = models.CharField(max_length=500, blank=True, help_text="Why it was cancelled, or not sent by itself.")
    code = models.CharField(max_length=8, blank=True, help_text="What an answer by SMS calls its incident.")
    settled = models.BooleanField(default=False, editable=False)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ["-created_at", "-id"]
        indexes = [
            models.Index(fields=["next_attempt_at"], name="delivery_due", condition=Q(state__in=OPEN)),
            models.Index(fields=["subject", "created_at"], name="delivery_subject"),
            models.Index(fields=["-created_at", "-id"], name="delivery_order"),
            models.Index(fields=["channel", "thread"], name="delivery_thread"),
            models.Index(fields=["user", "-created_at"], name="delivery_user", condition=Q(user__isnull=False)),
            models.Index(
                fields=["channel", "-is_first", "urgency", "next_attempt_at"],
                name="delivery_turn",
                condition=Q(state=State.PENDING),
            ),
            models.Index(fields=["endpoint"], name="delivery_under_way", condition=Q(state=State.SENDING)),
            models.Index(fields=["fallback_at"], name="delivery_fallback", condition=Q(fallback_at__isnull=False)),
            models.Index(fields=["deadline_at"], name="delivery_deadline", condition=Q(state__in=OPEN)),
            models.Index(fields=["id"], name="delivery_unsettled", condition=Q(state=State.FAILED, settled=False)),
            models.Index(fields=["contact", "code"], name="delivery_code", condition=~Q(code="")),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} to {self.target_name}"


class Attempt(models.Model):
    """One try to send a delivery, with the answer as it came, secrets taken out."""

    id = models.BigAutoField(primary_key=True)
    delivery = models.ForeignKey(Delivery, on_delete=models.CASCADE, related_name="attempts")
    number = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    duration_s = models.FloatField()
    outcome = models.CharField(max_length=10, choices=Outcome.choices)
    status_code = models.IntegerField(null=True, help_text="HTTP status or SMTP reply code.")
    answer = models.TextField(blank=True)

    class Meta:
        ordering = ["delivery", "number"]
        constraints = [models.UniqueConstraint(fields=["delivery", "number"], name="attempt_number_once")]

    def __str__(self) -> str:
        return f"{self.number}: {self.get_outcome_display()}"


class Circuit(models.Model):
    """The circuit breaker of one endpoint, shared by all senders. `endpoint` is the channel's kind and where it sends to."""

    endpoint = models.CharField(max_length=250, primary_key=True)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="circuits")
    state = models.CharField(max_length=10, choices=CircuitState.choices, default=CircuitState.CLOSED)
    failures = models.PositiveIntegerField(default=0, help_text="In a row.")
    failing_since = models.DateTimeField(null=True)
    opened_at = models.DateTimeField(null=True)
    next_probe_at = models.DateTimeField(null=True)
    probe_lease_until = models.DateTimeField(null=True)
    openings = models.PositiveIntegerField(default=0, help_text="In a row, without a success between them.")
    last_error = models.CharField(max_length=500, blank=True)
    last_success_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ["endpoint"]
        permissions = [("reset_circuit", "Can close a circuit by hand")]

    def __str__(self) -> str:
        return self.endpoint


class Spent(models.Model):
    """One message counted against a throttle. `scope` is what is throttled, such as `contact:3`."""

    id = models.BigAutoField(primary_key=True)
    scope = models.CharField(max_length=80)
    at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["scope", "at"], name="spent_scope"),
            models.Index(fields=["at"], name="spent_at"),
        ]

    def __str__(self) -> str:
        return f"{self.scope} at {self.at:%H:%M:%S}"


class FairTurn(models.Model):
    """When a service last had its turn on a channel: who waited longest is next."""

    id = models.BigAutoField(primary_key=True)
    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="+")
    fair_key = models.CharField(max_length=120)
    last_sent_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["channel", "fair_key"], name="fair_turn_once")]

    def __str__(self) -> str:
        return f"{self.fair_key} at {self.last_sent_at:%H:%M:%S}"
