import pytest
from django.apps import apps
from django.contrib.auth.models import Group
from django.test import Client

from opsportal import env
from security.access import actions, roles
from security.access.models import User

EVERY = [
    "checks.view_service",
    "checks.change_service",
    "checks.run_check",
    "access.view_user",
    "sessions.view_session",
]


def test_a_viewer_looks_at_what_is_watched_and_at_no_people() -> None:
    assert roles.permissions_of(roles.VIEWER, EVERY) == {"checks.view_service"}


def test_an_operator_runs_checks_but_does_not_change_services() -> None:
    assert roles.permissions_of(roles.OPERATOR, EVERY) == {"checks.view_service", "checks.run_check"}


def test_a_security_analyst_looks_at_people_but_not_at_their_sessions() -> None:
    assert roles.permissions_of(roles.SECURITY_ANALYST, EVERY) == {"checks.view_service", "access.view_user"}


def test_an_administrator_may_do_everything() -> None:
    assert roles.permissions_of(roles.ADMINISTRATOR, EVERY) == set(EVERY)


@pytest.mark.parametrize("role", roles.ROLES)
def test_every_pattern_of_a_role_grants_something(db: None, role: str) -> None:
    every = [f"{app}.{codename}" for app, codename in _permissions()]
    for pattern in roles.ROLES[role].grants:
        assert any(roles._matches(name, pattern) for name in every), pattern


def test_the_roles_are_groups_after_migrating(db: None) -> None:
    assert set(Group.objects.values_list("name", flat=True)) >= set(roles.ROLES)


@pytest.mark.django_db(transaction=True)
def test_the_last_app_has_its_permissions_in_the_roles_after_a_flush() -> None:
    last = [config for config in apps.get_app_configs() if any(config.get_models())][-1]
    viewer = Group.objects.get(name=roles.VIEWER)
    assert viewer.permissions.filter(content_type__app_label=last.label, codename__startswith="view_").exists()


def test_seeding_takes_back_what_was_added_by_hand(db: None) -> None:
    viewer, administrator = (Group.objects.get(name=name) for name in (roles.VIEWER, roles.ADMINISTRATOR))
    viewer.permissions.set(administrator.permissions.all())
    actions.roles_seed()
    assert not viewer.permissions.filter(codename="delete_service").exists()


def test_vera_may_look_and_not_run(vera: User) -> None:
    assert vera.has_perm("checks.view_service")
    assert not vera.has_perm("checks.run_check")


def test_otto_may_run_and_pause(otto: User) -> None:
    assert otto.has_perms(["checks.run_check", "checks.change_check", "checks.add_maintenancewindow"])


def test_mallory_may_do_nothing(mallory: User) -> None:
    assert mallory.get_all_permissions() == set()


def test_the_admin_opens_with_a_staff_role_and_closes_without(vera: User) -> None:
    vera.groups.add(Group.objects.get(name=roles.MANAGER))
    vera.refresh_from_db()
    assert vera.is_staff
    vera.groups.remove(Group.objects.get(name=roles.MANAGER))
    vera.refresh_from_db()
    assert not vera.is_staff


def test_a_group_that_gains_a_member_opens_the_admin_too(mallory: User) -> None:
    Group.objects.get(name=roles.OPERATOR).user_set.add(mallory)
    mallory.refresh_from_db()
    assert mallory.is_staff


def test_ada_enters_the_admin_and_vera_does_not(ada_client: Client, vera_client: Client) -> None:
    assert ada_client.get("/admin/").status_code == 200
    assert vera_client.get("/admin/").status_code == 302


def _permissions() -> list[tuple[str, str]]:
    from django.contrib.auth.models import Permission

    return list(Permission.objects.values_list("content_type__app_label", "codename"))


@pytest.mark.parametrize("role", roles.ROLES.values(), ids=lambda role: role.name)
def test_every_role_is_documented(role: roles.Role) -> None:
    row = f"| {role.name} | {role.help} | {'yes' if role.staff else 'no'} |"
    assert row in (env.BASE_DIR / "docs" / "access.md").read_text(encoding="utf-8")
