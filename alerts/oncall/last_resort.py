"""When a policy reached nobody: the default policy, and if that is it or there is none, every administrator by every contact."""

from collections.abc import Sequence

from django.db.models import Q, QuerySet

from alerts.oncall.choices import StepOutcome
from alerts.oncall.claiming import Claimed
from alerts.oncall.models import EscalationPolicy
from alerts.oncall.starting import Beginning, begin
from alerts.oncall.telling import Telling
from security.access.models import User
from security.access.roles import ADMINISTRATOR


def administrators() -> QuerySet[User]:
    """Active accounts that may do everything, by id."""
    people = User.objects.filter(is_active=True)
    return people.filter(Q(is_superuser=True) | Q(groups__name=ADMINISTRATOR)).distinct().order_by("pk")


def tell_last_resort(telling: Telling, lost: Sequence[Claimed]) -> None:
    """Each stands in the lap that reached nobody. The caller holds their rows."""
    if not lost:
        return
    default = EscalationPolicy.objects.filter(is_default=True).first()
    other = [one for one in lost if default is not None and one.policy_id != default.pk]
    if default is not None and other:
        _fall_back(telling, default, other)
    rest = [one for one in lost if one not in other]
    if rest:
        _tell_administrators(telling, rest)


def _fall_back(telling: Telling, default: EscalationPolicy, lost: Sequence[Claimed]) -> None:
    once = {one.subject: one for one in lost}
    beginnings = [
        Beginning(one.subject, telling.stored_message(one), one.severity, one.urgency, one.fair_key)
        for one in once.values()
    ]
    begin(default, beginnings, telling.now)
    for one in lost:
        words = f"Policy {one.plan.policy} reached nobody: policy {default} takes over."
        telling.note(one, StepOutcome.LAST_RESORT, words)
        telling.warn(one, words)


def _tell_administrators(telling: Telling, lost: Sequence[Claimed]) -> None:
    ids = list(administrators().values_list("pk", flat=True))
    telling.directory.load_people(ids)
    contacts = [contact for pk in ids for contact in telling.directory.contacts.get(pk, ()) if not contact.fault]
    for one in lost:
        why = f"an administrator, because policy {one.plan.policy} reached nobody"
        for contact in contacts:
            key = f"{one.prefix}/last/user:{contact.user_id}/contact:{contact.id}"
            telling.say(one, key, f"{why}, by every contact: {contact.name}", contact)
        names = ", ".join(dict.fromkeys(telling.directory.names[contact.user_id] for contact in contacts))
        told = f"all administrators who can be were told: {names}" if names else "no administrator can be told either"
        words = f"Policy {one.plan.policy} reached nobody: {told}."
        telling.note(one, StepOutcome.LAST_RESORT, words)
        telling.warn(one, words)
