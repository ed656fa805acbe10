"""The first team, schedule and policy, so that nothing that is wrong from the first day on is told to nobody."""

from datetime import datetime, timedelta

from django.utils import timezone

from alerts.oncall.actions import policy_save, schedule_save, team_save
from alerts.oncall.last_resort import administrators
from alerts.oncall.models import EscalationPolicy, Layer, Schedule, Team
from security.access.models import User

OPERATIONS = "operations"
ADMINISTRATORS = "administrators"
DEFAULT = "default"


def seed() -> list[str]:
    """Make what is not there yet, by slug; its names. Where there was no administrator yet, they join what is still empty."""
    now, people = timezone.now(), list(administrators())
    made = [
        *_team("Operations", OPERATIONS, people[:1]),
        *_team("Administrators", ADMINISTRATORS, people),
        *_schedule(people[:1], now),
    ]
    if EscalationPolicy.objects.exists():
        return made
    policy_save(
        name="Default",
        slug=DEFAULT,
        description="Whoever is on call, then the team, then every administrator. Takes over where another policy reaches nobody.",
        is_default=True,
        steps=[
            {"targets": [{"kind": "schedule", "slug": OPERATIONS}], "wait_s": 300},
            {"targets": [{"kind": "team", "slug": OPERATIONS}], "wait_s": 600},
            {"targets": [{"kind": "team", "slug": ADMINISTRATORS}], "wait_s": 900},
        ],
    )
    return [*made, "Default policy"]


def _team(name: str, slug: str, members: list[User]) -> list[str]:
    team = Team.objects.filter(slug=slug).first()
    if team is None:
        team_save(name=name, slug=slug, members=members)
        return [f"Team {name}"]
    if members and not team.members.exists():
        team_save(team=team, name=team.name, members=members)
        return [f"Members of {team}"]
    return []


def _schedule(people: list[User], now: datetime) -> list[str]:
    """One person all week, every week: a start that people can see and change."""
    schedule = Schedule.objects.filter(slug=OPERATIONS).first()
    layers = [
        {
            "name": "Weekly",
            "rotation": "weekly",
            "length": 1,
            "starts_at": (now - timedelta(days=now.weekday())).replace(hour=0, minute=0, second=0, microsecond=0),
            "members": people,
        }
    ]
    if schedule is None:
        schedule_save(
            name="Operations", slug=OPERATIONS, description="Who is on call.", layers=layers if people else []
        )
        return ["On-call schedule Operations"]
    if people and not Layer.objects.filter(schedule=schedule).exists():
        schedule_save(schedule=schedule, name=schedule.name, layers=layers)
        return [f"Layer of {schedule}"]
    return []
