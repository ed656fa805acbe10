from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from pytest_django import Settings

from monitoring.checks.choices import Cause
from monitoring.checks.models import Check, Service
from monitoring.checks.run_once import check_test
from monitoring.checks.seeds import STARTING_S, seed

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


@pytest.fixture
def embedded(settings: Settings) -> None:
    settings.EMBEDDED_DATABASE = True


@pytest.mark.usefixtures("embedded")
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


@time_machine.travel(NOW, tick=False)
def test_what_may_still_be_starting_is_asked_a_little_later(db: None) -> None:
    seed()
    due = dict(Check.objects.values_list("service__slug", "schedule__next_check_at"))
    assert due["portal-postgresql"] == NOW
    assert due["portal-web"] == due["portal-work"] == NOW + timedelta(seconds=STARTING_S)


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


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("embedded")
def test_the_portals_own_sql_check_reads_the_schedule_and_no_accounts() -> None:
    seed()
    check = Check.objects.get(kind="sql")
    assert check_test(check).values["scheduled_checks"] == Check.objects.count()
    check.settings["query"] = "SELECT username, 1 AS n FROM access_user"
    seen = check_test(check)
    assert (seen.cause, seen.values) == (Cause.MISCONFIGURED, {})


def test_on_a_server_of_somebody_elses_no_role_is_made_and_no_query_seeded(db: None) -> None:
    seed()
    assert not Check.objects.filter(kind="sql").exists()
