"""Every page of this room in the admin answers."""

import pytest
from django.test import Client

from security.access.models import User

PAGES = ["", "access/user/", "access/user/add/", "access/apitoken/", "access/apitoken/add/", "auth/group/"]


@pytest.mark.parametrize("page", PAGES)
def test_the_page_answers_an_administrator(ada_client: Client, page: str) -> None:
    assert ada_client.get(f"/admin/{page}").status_code == 200


def test_a_person_can_be_opened(ada_client: Client, vera: User) -> None:
    assert ada_client.get(f"/admin/access/user/{vera.pk}/change/").status_code == 200
