"""What a person may do is read at once, from themselves and from their roles."""

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from security.access.models import User

pytestmark = pytest.mark.django_db


def fresh(user: User) -> User:
    return User.objects.get(pk=user.pk)


def test_permissions_of_roles_and_of_the_person_count(vera: User) -> None:
    vera.user_permissions.add(Permission.objects.get(codename="add_service"))
    assert fresh(vera).has_perm("checks.view_service")
    assert fresh(vera).has_perm("checks.add_service")
    assert not fresh(vera).has_perm("checks.delete_service")


def test_they_are_read_in_one_statement(vera: User) -> None:
    person = fresh(vera)
    with CaptureQueriesContext(connection) as statements:
        assert person.has_perm("checks.view_service")
        assert not person.has_perm("access.view_user")
    assert len(statements) == 1


def test_a_superuser_may_everything_and_an_inactive_person_nothing(ada: User, vera: User) -> None:
    ada.is_superuser, vera.is_active = True, False
    ada.save()
    vera.save()
    assert fresh(ada).get_all_permissions() >= {"access.view_user", "checks.delete_service"}
    assert fresh(vera).get_all_permissions() == set()


def test_nothing_is_held_on_a_single_object(vera: User) -> None:
    assert fresh(vera).get_all_permissions(obj=vera) == set()
