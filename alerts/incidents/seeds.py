"""The first route: everything goes to the default policy, so that no alert is told to nobody."""

from alerts.incidents.actions import receiver_save, route_save
from alerts.incidents.configuration import settings_stored
from alerts.incidents.models import Receiver, Route
from alerts.oncall.models import EscalationPolicy

DEFAULT = "Default"


def seed() -> list[str]:
    """Make the root route and its receiver where there is no route yet; the names of what was made."""
    settings_stored()
    if Route.objects.exists():
        return []
    made = []
    receiver = Receiver.objects.filter(name=DEFAULT).first()
    if receiver is None:
        policy = (
            EscalationPolicy.objects.filter(is_default=True).first() or EscalationPolicy.objects.order_by("pk").first()
        )
        targets = [{"policy": policy.slug}] if policy else []
        receiver = receiver_save(name=DEFAULT, targets=targets)
        made.append(f"Receiver {DEFAULT}")
    route_save(
        name="Everything",
        receiver=receiver,
        group_by=["alertname", "service"],
        group_wait_s=30,
        group_interval_s=300,
        repeat_interval_s=14_400,
    )
    return [*made, "Root route"]
