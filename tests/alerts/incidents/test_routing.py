import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.incidents.matching import matches_all
from alerts.incidents.routing import (
    Node,
    RouteData,
    RoutingError,
    explain,
    group_key,
    group_labels,
    route,
    told_key,
    tree,
    walk,
)

ROOT = RouteData(1, None, receiver_id=1)


def below(id: int, *matchers: str, parent: int = 1, goes_on: bool = False, **more: object) -> RouteData:
    return RouteData(id, parent, position=id, matchers=matchers, goes_on=goes_on, **more)  # type: ignore[arg-type]


def taken(rows: list[RouteData], **labels: str) -> list[int]:
    return [node.id for node in route(tree([ROOT, *rows]), labels)]


def test_the_root_takes_what_no_route_takes() -> None:
    assert taken([below(2, "a=b")], a="c") == [1]


def test_the_first_route_that_matches_is_the_last() -> None:
    assert taken([below(2, "a=~b.*"), below(3, "a=bc")], a="bc") == [2]


def test_a_route_that_continues_lets_the_next_match_too() -> None:
    assert taken([below(2, "a=b", goes_on=True), below(3, "c=d"), below(4, "a=~b")], a="b", c="d") == [2, 3]


def test_a_route_is_taken_itself_only_where_no_child_is() -> None:
    rows = [below(2, "a=b"), below(3, "c=d", parent=2)]
    assert taken(rows, a="b", c="d") == [3]
    assert taken(rows, a="b") == [2]


def test_routes_are_tried_by_position() -> None:
    assert taken([RouteData(2, 1, 5, ("a=b",)), RouteData(3, 1, 4, ("a=b",))], a="b") == [3]


def test_what_a_route_leaves_out_it_has_from_its_parent_but_not_its_times() -> None:
    rows = [
        below(
            2,
            "a=b",
            receiver_id=7,
            group_by=("x",),
            group_wait_s=0,
            group_interval_s=60,
            mute_times=("nights",),
            active_times=("days",),
        ),
        below(3, "c=d", parent=2, repeat_interval_s=90),
    ]
    node = list(walk(tree([ROOT, *rows])))[-1]
    assert (node.receiver_id, node.group_by, node.group_wait_s, node.group_interval_s, node.repeat_interval_s) == (
        7,
        ("x",),
        0,
        60,
        90,
    )
    assert node.mute_times == node.active_times == ()


def test_the_defaults_are_alertmanager_s() -> None:
    root = tree([ROOT])
    assert (root.group_wait_s, root.group_interval_s, root.repeat_interval_s, root.group_by) == (30, 300, 14400, ())


def test_an_empty_group_by_is_as_good_as_none_and_names_end_grouping_by_all() -> None:
    rows = [below(2, group_by=("...",)), below(3, parent=2, group_by=()), below(4, parent=3, group_by=("b", "a"))]
    nodes = {node.id: node for node in walk(tree([ROOT, *rows]))}
    assert nodes[3].group_by_all
    assert not nodes[4].group_by_all
    assert nodes[4].group_by == ("a", "b")


def test_group_labels_are_those_the_alert_has() -> None:
    root = tree([RouteData(1, None, receiver_id=1, group_by=("a", "b", "c"))])
    assert group_labels(root, {"a": "1", "b": "", "d": "2"}) == {"a": "1"}
    everything = tree([RouteData(1, None, receiver_id=1, group_by=("...",))])
    assert group_labels(everything, {"a": "1", "b": "", "d": "2"}) == {"a": "1", "d": "2"}


def test_keys_are_alertmanager_s() -> None:
    node = list(walk(tree([ROOT, below(2, 'b=~"c|d"', "a=x"), below(3, parent=2)])))[-1]
    assert node.key == '{}/{a="x",b=~"c|d"}/{}'
    assert group_key(node, {"z": 'say "hi"', "a": "ü\n"}) == node.key + ':{a="ü\\n", z="say \\"hi\\""}'


def test_routes_of_one_path_are_told_apart() -> None:
    first, second = list(walk(tree([ROOT, below(2, "a=b", goes_on=True), below(3, "a=b")])))[1:]
    assert first.key == second.key
    assert (first.unique_key, second.unique_key) == ('{}/{a="b"}', '{}/{a="b"}#2')
    assert told_key(first, {}) != told_key(second, {})


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "one route without a parent"),
        ([ROOT, RouteData(2, None, receiver_id=1)], "there are 2"),
        ([RouteData(1, None)], "needs a receiver"),
        ([RouteData(1, None, matchers=("a=b",), receiver_id=1)], "takes everything"),
        ([ROOT, RouteData(2, 3), RouteData(3, 2)], "2 routes hang on a parent"),
        ([ROOT, below(2, "a=b", "c=~(")], r"Route 2 \(a=b, c=~\(\): .*missing closing"),
        ([ROOT, below(2, group_by=("...", "a"))], "either"),
    ],
)
def test_a_tree_that_cannot_be_is_refused_in_words(rows: list[RouteData], words: str) -> None:
    with pytest.raises(RoutingError, match=words):
        tree(rows)


def test_the_way_of_an_alert_is_explained() -> None:
    rows = [below(2, 'team="db"'), below(3, "severity=~c.*"), below(4, "env=prod", parent=3)]
    tried = explain(tree([ROOT, *rows]), {"severity": "critical", "env": "prod"})
    assert [(one.node.id, one.depth, one.matched, one.taken) for one in tried] == [
        (1, 0, True, False),
        (2, 1, False, False),
        (3, 1, True, False),
        (4, 2, True, True),
    ]
    assert tried[1].why == 'team="db" does not match: the alert has no team.'


MATCHERS = st.sampled_from(["a=1", "a=2", "b=1", 'b=""', "a!=1", "a=~1|2", "b=~.+", 'c!~"2"'])
TREES = st.lists(st.tuples(st.integers(1, 6), st.lists(MATCHERS, max_size=2), st.booleans()), max_size=8)


def naive(node: Node, labels: dict[str, str]) -> list[int]:
    """As the documentation of Alertmanager puts it, without an index."""
    found: list[int] = []
    for child in node.children:
        if matches_all(child.matchers, labels):
            found += naive(child, labels)
            if not child.goes_on:
                break
    return found or [node.id]


@given(
    TREES, st.lists(st.dictionaries(st.sampled_from("abc"), st.sampled_from(["1", "2", ""])), min_size=1, max_size=5)
)
def test_the_index_and_the_memory_find_what_trying_all_finds(
    shape: list[tuple[int, list[str], bool]], alerts: list[dict[str, str]]
) -> None:
    rows = [
        below(number, *matchers, parent=min(parent, number - 1), goes_on=goes_on)
        for number, (parent, matchers, goes_on) in enumerate(shape, 2)
    ]
    root = tree([ROOT, *rows])
    for labels in [*alerts, *alerts]:
        found = [node.id for node in route(root, labels)]
        assert found == naive(root, labels) == [one.node.id for one in explain(root, labels) if one.taken]
