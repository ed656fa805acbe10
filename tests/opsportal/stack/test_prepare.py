import io

import pytest
from django.core.management import call_command

from opsportal.management.commands import prepare
from security.access.models import User

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _without_seeds(monkeypatch: pytest.MonkeyPatch) -> None:
    """What `seed` makes is its own tests' business."""
    monkeypatch.setattr(prepare, "get_commands", dict)


def test_the_first_administrator_can_log_in_with_the_password_shown() -> None:
    login = prepare.first_login(may_show=True)
    user = User.objects.get(username=login["username"], is_superuser=True)
    assert user.check_password(str(login["password"]))
    assert user.groups.filter(name="Administrator").exists()


def test_every_portal_gets_a_password_of_its_own() -> None:
    first = prepare.first_login(may_show=True)
    User.objects.all().delete()
    assert prepare.first_login(may_show=True)["password"] != first["password"]


def test_the_password_is_shown_once() -> None:
    prepare.first_login(may_show=True)
    assert prepare.first_login(may_show=True) == {"username": "admin", "password": None}


def test_no_administrator_is_made_where_nobody_would_see_the_password() -> None:
    assert prepare.first_login(may_show=False) == {"username": None, "password": None}
    assert not User.objects.exists()


def test_an_ordinary_account_named_admin_is_left_as_it_is() -> None:
    User.objects.create_user("admin")
    assert prepare.first_login(may_show=True)["username"] is None
    assert not User.objects.filter(is_superuser=True).exists()


def test_prepare_without_a_terminal_says_how_to_get_an_administrator() -> None:
    output = io.StringIO()
    call_command("prepare", stdout=output)
    assert "run `manage.py prepare` or `createsuperuser` in a terminal" in output.getvalue()
