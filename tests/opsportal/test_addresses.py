import pytest
from django.test import RequestFactory
from pytest_django import Settings

from opsportal.addresses import client_address


def address(forwarded: str, remote: str = "10.0.0.9") -> str:
    return client_address(RequestFactory().get("/", REMOTE_ADDR=remote, headers={"X-Forwarded-For": forwarded}))


def test_without_proxies_nobody_is_believed() -> None:
    assert address("1.2.3.4") == "10.0.0.9"


@pytest.mark.parametrize(
    ("proxies", "found"), [(1, "5.6.7.8"), (2, "1.2.3.4"), (5, "9.9.9.9")], ids=["one", "two", "more than there are"]
)
def test_the_last_hop_that_no_proxy_of_ours_added_counts(settings: Settings, proxies: int, found: str) -> None:
    settings.TRUSTED_PROXIES = proxies
    assert address("9.9.9.9, 1.2.3.4, 5.6.7.8") == found


def test_a_hop_that_is_no_address_is_nothing(settings: Settings) -> None:
    settings.TRUSTED_PROXIES = 1
    assert address("<script>") == ""
