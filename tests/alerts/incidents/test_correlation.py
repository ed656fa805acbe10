"""What ties alerts together, and the probable root. Pure."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.incidents.correlation import Correlator, Rules, Sign, needed, probable_root

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
DEPENDS = {"shop": {"api"}, "api": {"db"}, "a": {"b"}, "b": {"a"}}
RULES = Rules(DEPENDS, ("instance", "service"), window_s=300, together_s=120)


def sign(title: str = "Other", after_s: float = 0, **labels: str) -> Sign:
    return Sign(labels, NOON + timedelta(seconds=after_s), title)


def ties(known: Sign, new: Sign, after_s: float = 0) -> list[str]:
    correlator = Correlator(RULES)
    correlator.add(7, NOON, [known])
    return [one.reason for one in correlator.ties([new], NOON + timedelta(seconds=after_s))]


@pytest.mark.parametrize(
    ("known", "new", "reason"),
    [
        (sign(instance="sw"), sign("Host", parent="sw"), "Host hangs on sw, which has “Other”"),
        (sign(instance="sw:9100"), sign("Host", parent="sw"), "Host hangs on sw, which has “Other”"),
        (sign(parent="sw"), sign("Host", parent="x, sw"), "Host and “Other” both hang on sw"),
        (sign(depends_on="sw"), sign("Switch", device="sw"), "“Other” hangs on sw, which has Switch"),
        (sign(service="db"), sign(service="shop"), "shop depends on db, and “Other” fires there"),
        (sign(service="shop"), sign(service="db"), "shop depends on db, and “Other” fires there"),
        (sign(service="a"), sign(service="b"), "b depends on a, and “Other” fires there"),
        (sign(instance="w"), sign(instance="w"), "Started together with “Other”, with the same instance w"),
    ],
)
def test_a_tie_gives_its_reason(known: Sign, new: Sign, reason: str) -> None:
    assert ties(known, new) == [reason]


@pytest.mark.parametrize(
    ("known", "new", "after_s"),
    [
        (sign(service="shop"), sign(service="blog"), 0),
        (sign(job="node"), sign(job="node"), 0),
        (sign(instance="w"), sign(instance="w", after_s=121), 121),
        (sign(service="db"), sign(service="shop"), 301),
        (sign(instance="sw"), sign(parent="sw"), 301),
        (sign(), sign(), 0),
    ],
)
def test_what_has_nothing_in_common_or_comes_late_is_not_tied(known: Sign, new: Sign, after_s: float) -> None:
    assert ties(known, new, after_s) == []


def test_braces_in_names_are_no_placeholders() -> None:
    assert ties(sign("{x}", instance="{0}"), sign("{other}", parent="{0}")) == ["{other} hangs on {0}, which has “{x}”"]


def test_several_incidents_are_named_the_oldest_first() -> None:
    correlator = Correlator(RULES)
    for incident in (9, 3, 5):
        correlator.add(incident, NOON, [sign(parent="sw")])
    assert [one.incident for one in correlator.ties([sign(instance="sw")], NOON)] == [3, 5, 9]


def test_the_root_is_the_deepest_failing_service() -> None:
    root = probable_root([sign(service="shop"), sign(service="api"), sign(service="blog")], DEPENDS)
    assert (root.name, root.reason) == ("api", "api fails and depends on nothing that does; shop depends on it.")


def test_dependencies_that_go_round_have_a_root_all_the_same() -> None:
    assert probable_root([sign(service="a"), sign(service="b")], DEPENDS).name == "a"


def test_the_root_of_labels_is_the_topmost_failing_parent() -> None:
    signs = [sign(instance=f"h{n}", parent="sw") for n in range(3)] + [
        sign(instance="sw", parent="core"),
        sign(instance="core"),
    ]
    root = probable_root(signs, {})
    assert (root.name, root.reason) == ("core", "core fails, and 3 alerts hang on sw.")


def test_a_parent_that_does_not_fire_is_named_when_several_hang_on_it() -> None:
    root = probable_root([sign(instance=f"h{n}", parent="sw") for n in range(3)], {})
    assert root.reason == "3 alerts that fire hang on sw; nothing fires for it itself."


def test_one_alert_by_itself_has_no_root() -> None:
    assert probable_root([sign(instance="h", parent="sw", service="shop")], DEPENDS).name == ""


@given(st.dictionaries(st.sampled_from("abcdef"), st.sets(st.sampled_from("abcdef"))))
def test_what_is_needed_comes_to_an_end_whatever_goes_round(depends: dict[str, set[str]]) -> None:
    for one in "abcdef":
        found = needed(one, depends)
        assert one not in found
        assert all(depends.get(other, set()) <= found | {one} for other in found)
