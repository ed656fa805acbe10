from monitoring.checks.dependencies import affected

SHOP, API, DATABASE, DISK = 1, 2, 3, 4
CHAIN = {SHOP: [API], API: [DATABASE], DATABASE: [DISK]}


def test_the_root_is_the_deepest_that_is_down() -> None:
    assert affected(CHAIN, {API, DATABASE}) == {SHOP: DATABASE, API: DATABASE}


def test_a_healthy_service_in_between_does_not_break_the_chain() -> None:
    assert affected(CHAIN, {DISK}) == {SHOP: DISK, API: DISK, DATABASE: DISK}


def test_nobody_is_affected_when_nothing_is_down() -> None:
    assert affected(CHAIN, set()) == {}


def test_a_cycle_does_no_harm() -> None:
    assert affected({1: [2], 2: [1]}, {1, 2}) == {1: 2, 2: 1}
