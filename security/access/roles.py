"""What each role may do: one table. Each is a Django group of that name, set to this table after every migration."""

from collections.abc import Iterable
from dataclasses import dataclass
from fnmatch import fnmatchcase

VIEWER = "Viewer"
OPERATOR = "Operator"
MANAGER = "Manager"
SECURITY_ANALYST = "Security analyst"
ADMINISTRATOR = "Administrator"

# Apps about people and Django's own books: a look at them is a right of its own, not part of "may look".
PEOPLE_APPS = ("access", "admin", "auth", "contenttypes", "sessions")


@dataclass(frozen=True, slots=True)
class Role:
    """A named set of permissions. `grants` are patterns over `app.codename`; `staff` opens the admin."""

    name: str
    help: str
    grants: tuple[str, ...]
    includes: tuple[str, ...] = ()
    staff: bool = True


ROLES: dict[str, Role] = {
    role.name: role
    for role in (
        Role(VIEWER, "Looks at everything that is watched; changes nothing.", ("watched.view_*",), staff=False),
        Role(
            OPERATOR,
            "Keeps things running: runs and pauses checks, plans maintenance.",
            (
                "checks.run_check",
                "checks.change_check",
                "checks.*_maintenancewindow",
                "incidents.respond_incident",
                "rules.run_alertrule",
                "incidents.*_silence",
                "oncall.*_override",
                "delivery.test_channel",
                "delivery.reset_circuit",
            ),
            includes=(VIEWER,),
        ),
        Role(
            MANAGER,
            "Says what is watched: services, checks, machines, maintenance, database targets.",
            (
                "checks.*_service",
                "checks.*_check",
                "checks.*_databasetarget",
                "checks.*_machine",
                "checks.push_report",
                "metrics.push_samples",
                "metrics.change_storestate",
                "rules.*",
                "incidents.*",
                "oncall.*",
                "delivery.*_channel",
                "delivery.*_contactmethod",
            ),
            includes=(OPERATOR,),
        ),
        Role(
            SECURITY_ANALYST,
            "Looks at everything, people and their tokens and the admin's log included.",
            ("access.view_*", "admin.view_logentry", "auth.view_group"),
            includes=(VIEWER,),
        ),
        Role(ADMINISTRATOR, "Everything, people included.", ("*",)),
    )
}
STAFF_ROLES = frozenset(name for name, role in ROLES.items() if role.staff)


def permissions_of(role: str, every: Iterable[str]) -> set[str]:
    """Those of `every` permission ("app.codename") that `role` holds, its included roles' ones among them."""
    known = set(every)
    own = {name for name in known for pattern in ROLES[role].grants if _matches(name, pattern)}
    return own.union(*(permissions_of(included, known) for included in ROLES[role].includes))


def _matches(name: str, pattern: str) -> bool:
    app, _, codename = name.partition(".")
    if pattern.startswith("watched."):
        return app not in PEOPLE_APPS and fnmatchcase(codename, pattern.removeprefix("watched."))
    return fnmatchcase(name, pattern)
