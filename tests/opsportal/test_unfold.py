import pytest
from django.apps import apps
from django.test import RequestFactory
from pytest_django import Settings

from opsportal import unfold
from security.access.models import User


def sidebar(person: User) -> dict[str, list[str]]:
    request = RequestFactory().get("/admin/")
    request.user = person
    return {group["title"]: [item["title"] for item in group["items"]] for group in unfold.navigation(request)}


def test_an_administrator_finds_the_people(ada: User) -> None:
    assert sidebar(ada)["People"] == ["Users", "Roles and groups", "API tokens"]


def test_an_operator_finds_what_is_watched_and_no_people(otto: User) -> None:
    assert "People" not in sidebar(otto)
    assert "Checks" in sidebar(otto)["Watching"]


@pytest.mark.parametrize("entry", [entry for entries in unfold.SIDEBAR.values() for entry in entries])
def test_every_entry_names_a_model(entry: unfold.Entry) -> None:
    assert apps.get_model(entry.model)._meta.label == entry.model


def test_a_label_of_production_is_a_warning(settings: Settings) -> None:
    settings.ENVIRONMENT_LABEL, settings.PRODUCTION = "live", True
    assert unfold.environment(RequestFactory().get("/admin/")) == ["live", "danger"]


def test_without_a_label_nothing_is_shown() -> None:
    assert "ENVIRONMENT" not in unfold.configuration("")
