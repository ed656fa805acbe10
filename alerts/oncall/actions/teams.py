"""Writes of teams."""

from collections.abc import Iterable
from typing import Any

from django.db import transaction

from alerts.oncall.models import Team
from monitoring.events.announcing import announce
from opsportal.writing import Person, assign, free_slug, validate
from security.access.models import User


@transaction.atomic
def team_save(
    *,
    name: str,
    slug: str | None = None,
    members: Iterable[User] | None = None,
    team: Team | None = None,
    by: Person = None,
) -> Team:
    """Make a team, or edit `team`. `members` None leaves them as they are."""
    stored = Team.objects.select_for_update().get(pk=team.pk) if team else Team()
    values: dict[str, Any] = {"name": name.strip()}
    values["slug"] = slug or stored.slug or free_slug(name, Team.objects.all(), "team")
    changed = assign(stored, values)
    validate(stored)
    if team is None:
        stored.save(force_insert=True)
    elif changed:
        stored.save(update_fields=changed)
    if members is not None and _set_members(stored, list(members)):
        changed.append("members")
    if team is None or changed:
        announce(
            kind="alerts.team.created" if team is None else "alerts.team.saved",
            subject=f"team:{stored.slug}",
            summary=f"Team {stored} was {'added' if team is None else 'changed'}",
            by=by,
            payload={"changed": sorted(changed)},
        )
    return stored


def _set_members(team: Team, wanted: list[User]) -> bool:
    """Whether they changed."""
    before = set(team.members.values_list("pk", flat=True))
    if {user.pk for user in wanted} == before:
        return False
    team.members.set(wanted)
    return True


@transaction.atomic
def team_delete(*, team: Team, by: Person = None) -> None:
    """Delete a team; its people stay."""
    announce(kind="alerts.team.deleted", subject=f"team:{team.slug}", summary=f"Team {team} was deleted", by=by)
    team.delete()
