"""Services as incidents need them: what they are called, who owns them, what they depend on, and which are in maintenance."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from django.db import connection

from monitoring.checks.models import Service

WINDOWS = """
SELECT s.slug, w.id, w.ends_at FROM checks_maintenancewindow w JOIN checks_service s ON s.id = w.service_id
WHERE w.starts_at <= %s AND w.ends_at > %s ORDER BY w.id
"""


@dataclass(frozen=True, slots=True)
class ServiceView:
    name: str
    owner: str
    runbook_url: str


@dataclass(frozen=True, slots=True)
class Estate:
    """By slug. A service that is not known is called by its slug."""

    services: Mapping[str, ServiceView] = field(default_factory=dict)
    depends: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def name(self, slug: str) -> str:
        return self.services[slug].name if slug in self.services else slug

    def owner(self, slug: str) -> str:
        return self.services[slug].owner if slug in self.services else ""

    def runbook_url(self, slug: str) -> str:
        return self.services[slug].runbook_url if slug in self.services else ""


def estate_read() -> Estate:
    services = {
        slug: ServiceView(name, owner, runbook_url)
        for slug, name, owner, runbook_url in Service.objects.values_list("slug", "name", "owner", "runbook_url")
    }
    depends: dict[str, set[str]] = {}
    pairs = Service.depends_on.through.objects.values_list("from_service__slug", "to_service__slug")
    for needing, needed in pairs:
        depends.setdefault(needing, set()).add(needed)
    return Estate(services, {slug: frozenset(needs) for slug, needs in depends.items()})


def windows_read(now: datetime) -> dict[str, list[tuple[str, datetime]]]:
    """Services in maintenance: slug → (name of the window, its end)."""
    found: dict[str, list[tuple[str, datetime]]] = {}
    with connection.cursor() as cursor:
        cursor.execute(WINDOWS, [now, now])
        for slug, pk, ends_at in cursor.fetchall():
            found.setdefault(slug, []).append((f"window:{pk}", ends_at))
    return found
