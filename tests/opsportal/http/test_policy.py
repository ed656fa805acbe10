"""Which addresses are allowed from which zone."""

import pytest
from django.test import override_settings

from opsportal.http.policy import Zone, objection


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.170.2",
        "100.100.100.200",
        "168.63.129.16",
        "192.0.0.192",
        "fd00:ec2::254",
        "fd20:ce::254",
        "fe80::1%eth0",
        "::ffff:169.254.169.254",
        "2002:a9fe:a9fe::1",
        "64:ff9b::a9fe:a9fe",
        "::169.254.169.254",
        "0.0.0.0",
        "::",
        "224.0.0.1",
        "255.255.255.255",
        "not an address",
    ],
)
def test_some_addresses_are_never_allowed(address: str) -> None:
    assert Zone.CHECKS.allows_private
    assert objection(address, Zone.CHECKS)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "10.1.2.3", "192.168.0.1", "::ffff:10.0.0.1", "fd12::1", "100.64.0.1"]
)
def test_private_and_loopback_addresses_are_a_setting_of_the_zone(address: str) -> None:
    assert not objection(address, Zone.CHECKS)
    assert objection(address, Zone.WEBHOOKS).endswith("WEBHOOKS_ALLOW_PRIVATE is off")


@override_settings(CHECKS_ALLOW_PRIVATE=False)
def test_the_setting_decides_at_once() -> None:
    assert objection("127.0.0.1", Zone.CHECKS) == "a loopback address; CHECKS_ALLOW_PRIVATE is off"


@pytest.mark.parametrize("address", ["1.1.1.1", "2606:4700::1111"])
def test_public_addresses_are_allowed_from_everywhere(address: str) -> None:
    assert not objection(address, Zone.WEBHOOKS)
