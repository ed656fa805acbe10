"""Alerts that name their escalation policy themselves (label `policy`, its slug): told to that policy, and the tree is not looked at."""

from dataclasses import replace
from functools import lru_cache

from alerts.incidents import routing
from alerts.incidents.configuration import Configuration
from alerts.incidents.models import Receiver, ReceiverTarget
from alerts.incidents.routing import Node, RouteData
from alerts.oncall.models import EscalationPolicy

LABEL = "policy"
GROUP_BY = ("alertname", LABEL, "service")
PREFIX = "policy:"


def direct_node(labels: dict[str, str], configuration: Configuration) -> Node | None:
    """The route to the policy that the alert names; None where it names none, or one that does not exist: then the tree decides."""
    slug = labels.get(LABEL)
    return _to(slug, configuration) if slug else None


def node_of(route_key: str, configuration: Configuration) -> Node | None:
    """The route that a group was made by, as it is now; None where it is gone."""
    if route_key.startswith(PREFIX):
        return _to(route_key.removeprefix(PREFIX), configuration)
    return configuration.nodes.get(route_key)


def _to(slug: str, configuration: Configuration) -> Node | None:
    if slug not in configuration.direct and (receiver_id := _receiver(slug)) is not None:
        configuration.direct[slug] = receiver_id
        configuration.reread_receivers()
    receiver_id, root = configuration.direct.get(slug), configuration.root
    if receiver_id is None or root is None:
        return None
    return _node(slug, receiver_id, root.group_wait_s, root.group_interval_s)


def _receiver(slug: str) -> int | None:
    """The receiver that stands for a policy, made on first use."""
    policy = EscalationPolicy.objects.filter(slug=slug).first()
    if policy is None:
        return None
    name = f"Policy {slug}"[:120]
    target = ReceiverTarget.objects.filter(policy=policy, receiver__name=name).first()
    if target is None:
        receiver, _ = Receiver.objects.get_or_create(name=name)
        target = ReceiverTarget.objects.create(receiver=receiver, policy=policy)
    return target.receiver_id


@lru_cache(maxsize=1000)
def _node(slug: str, receiver_id: int, group_wait_s: float, group_interval_s: float) -> Node:
    row = RouteData(
        id=0,
        parent_id=None,
        name=f"Policy {slug}",
        receiver_id=receiver_id,
        group_by=GROUP_BY,
        group_wait_s=group_wait_s,
        group_interval_s=group_interval_s,
    )
    return replace(routing.tree([row]), key=PREFIX + slug, unique_key=PREFIX + slug)
