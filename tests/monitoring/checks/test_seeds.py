from io import StringIO

import pytest
from django.core.management import call_command

from monitoring.checks.choices import Cause
from monitoring.checks.models import Check, Service
from monitoring.checks.run_once import check_test
from monitoring.checks.seeds import seed


def test_the_portal_watches_its_own_parts(db: None) -> None:
    assert seed() == ["This machine", "Portal PostgreSQL", "Portal Valkey", "Portal web", "Portal background work"]
    assert set(Check.objects.values_list("kind", flat=True)) == {
        "system",
        "postgresql",
        "redis",
        "http",
        "celery",
        "sql",
    }


def test_seeding_again_changes_nothing_and_brings_nothing_back_by_another_name(db: None) -> None:
    seed()
    Service.objects.filter(slug="portal-web").update(name="Our portal")
    assert seed() == []


def test_the_command_says_what_it_did(db: None) -> None:
    output = StringIO()
    call_command("seed", stdout=output)
    assert "This machine" in output.getvalue()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("slug", ["this-machine", "portal-valkey", "portal-postgresql"])
def test_a_seeded_check_sees_the_real_part(slug: str) -> None:
    seed()
    seen = check_test(Check.objects.get(service__slug=slug))
    assert seen.cause in (Cause.NONE, Cause.THRESHOLD), seen.summary
    assert seen.values
