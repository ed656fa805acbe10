from django.contrib.auth.models import Group
from django.test import Client

from security.access import actions, tokens
from security.access.models import ApiToken, User
from security.access.roles import MANAGER, VIEWER
from tests.people import PASSWORD


def test_a_person_is_made_and_given_a_role_which_opens_the_admin(ada_client: Client) -> None:
    new = {"username": "bob", "usable_password": "true", "password1": PASSWORD, "password2": PASSWORD}
    assert ada_client.post("/admin/access/user/add/", new).status_code == 302
    bob = User.objects.get(username="bob")
    role = {"username": "bob", "is_active": "on", "groups": [Group.objects.get(name=MANAGER).pk]}
    assert ada_client.post(f"/admin/access/user/{bob.pk}/change/", role).status_code == 302
    bob.refresh_from_db()
    assert bob.is_staff


def test_who_is_no_superuser_makes_none(ada_client: Client, vera: User) -> None:
    change = {"username": "vera", "is_active": "on", "is_superuser": "on"}
    assert ada_client.post(f"/admin/access/user/{vera.pk}/change/", change).status_code == 302
    vera.refresh_from_db()
    assert not vera.is_superuser


def test_who_is_no_superuser_changes_none(ada_client: Client, db: None) -> None:
    root, _ = actions.administrator_create(username="root")
    new = {"password1": PASSWORD, "password2": PASSWORD}
    assert ada_client.post(f"/admin/access/user/{root.pk}/password/", new).status_code == 403
    assert ada_client.post(f"/admin/access/user/{root.pk}/delete/", {"post": "yes"}).status_code == 403


def test_a_seeded_role_is_shown_and_not_edited(ada_client: Client) -> None:
    viewer = Group.objects.get(name=VIEWER)
    assert ada_client.get(f"/admin/auth/group/{viewer.pk}/change/").status_code == 200
    assert ada_client.post(f"/admin/auth/group/{viewer.pk}/change/", {"name": "Everything"}).status_code == 403


def test_a_group_of_ones_own_is_free(ada_client: Client) -> None:
    assert ada_client.post("/admin/auth/group/add/", {"name": "Shop team"}).status_code == 302
    assert Group.objects.filter(name="Shop team").exists()


def test_a_new_token_is_shown_once(ada_client: Client, vera: User) -> None:
    data = {"user": vera.pk, "name": "laptop", "scopes": ["checks.view_service"]}
    page = ada_client.post("/admin/access/apitoken/add/", data, follow=True).content.decode()
    made = ApiToken.objects.get()
    shown = tokens.SHAPE.search(page)
    assert shown is not None
    assert tokens.digest(shown[0]) == made.digest
    assert made.scopes == ["checks.view_service"]
    assert not tokens.SHAPE.search(ada_client.get("/admin/access/apitoken/").content.decode())


def test_tokens_are_revoked_from_the_list(ada_client: Client, vera: User) -> None:
    token, _ = actions.api_token_create(user=vera, name="laptop")
    ada_client.post("/admin/access/apitoken/", {"action": "revoke", "_selected_action": [token.pk]})
    token.refresh_from_db()
    assert token.revoked_at is not None


def test_the_list_of_people_costs_the_same_for_many(ada_client: Client, django_assert_max_num_queries: object) -> None:
    for number in range(20):
        actions.user_create(username=f"guest{number}", password=None, roles=[VIEWER])
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        ada_client.get("/admin/access/user/")


def test_an_operator_sees_no_people(otto_client: Client) -> None:
    assert otto_client.get("/admin/").status_code == 200
    assert otto_client.get("/admin/access/user/").status_code == 403
