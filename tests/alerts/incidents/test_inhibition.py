from hypothesis import given
from hypothesis import strategies as st

from alerts.incidents.identity import identity
from alerts.incidents.inhibition import Inhibitor, Rule, is_source
from alerts.incidents.matching import matches_all, parse_all

Labels = dict[str, str]


def rule(source: str, target: str, *equal: str) -> Rule:
    return Rule(1, "", parse_all([source]), parse_all([target]), equal)


def quiet(one: Rule, target: Labels, *sources: Labels) -> bool:
    return bool(Inhibitor([one], [(identity(labels), labels) for labels in sources]).inhibited_by(target))


CRITICAL = rule("severity=critical", "severity=warning", "cluster")


def test_a_source_that_fires_keeps_a_target_quiet_that_agrees_with_it() -> None:
    assert quiet(CRITICAL, {"severity": "warning", "cluster": "eu"}, {"severity": "critical", "cluster": "eu"})
    assert not quiet(CRITICAL, {"severity": "warning", "cluster": "us"}, {"severity": "critical", "cluster": "eu"})


def test_labels_missing_on_both_sides_agree_and_an_empty_one_is_missing() -> None:
    assert quiet(CRITICAL, {"severity": "warning"}, {"severity": "critical", "cluster": ""})
    assert not quiet(CRITICAL, {"severity": "warning"}, {"severity": "critical", "cluster": "eu"})


def test_no_alert_inhibits_itself_nor_another_that_matches_both_sides_like_it() -> None:
    both = rule("a=~.+", "a=~.+")
    assert not quiet(both, {"a": "1"}, {"a": "1"}, {"a": "2"})


def test_an_alert_of_both_sides_is_inhibited_by_one_of_the_source_side_only() -> None:
    one = rule("a=~.+", "b=~.+")
    assert quiet(one, {"a": "1", "b": "1"}, {"a": "2"})
    assert not quiet(one, {"a": "1", "b": "1"}, {"a": "2", "b": "2"})
    assert quiet(one, {"b": "1"}, {"a": "2", "b": "2"})


def test_a_source_that_fires_no_longer_inhibits_no_longer() -> None:
    inhibitor = Inhibitor([CRITICAL])
    source = {"severity": "critical"}
    inhibitor.add("x", source)
    inhibitor.add("x", source)
    assert inhibitor.inhibited_by({"severity": "warning"}) == ["x"]
    inhibitor.discard("x")
    inhibitor.discard("x")
    assert inhibitor.inhibited_by({"severity": "warning"}) == []


def test_whether_an_alert_could_inhibit_is_known() -> None:
    assert is_source([CRITICAL], {"severity": "critical"})
    assert not is_source([CRITICAL], {"severity": "warning"})


ALERTS = st.dictionaries(st.sampled_from("abc"), st.sampled_from(["1", "2"]))
SIDES = st.lists(st.sampled_from(["a=1", "a=~.+", "b=2", "b!=2", 'c=""', "c=~1|2"]), max_size=2).map(parse_all)
RULES = st.builds(
    Rule, st.just(1), st.just(""), SIDES, SIDES, st.lists(st.sampled_from("abcd"), unique=True).map(tuple)
)


@given(st.lists(RULES, max_size=3), st.lists(ALERTS, max_size=5), ALERTS)
def test_the_index_inhibits_what_trying_every_pair_inhibits(
    rules: list[Rule], sources: list[Labels], target: Labels
) -> None:
    def naive(one: Rule, source: Labels) -> bool:
        if not (matches_all(one.source, source) and matches_all(one.target, target)):
            return False
        if matches_all(one.source, target) and matches_all(one.target, source):
            return False
        return all(source.get(name, "") == target.get(name, "") for name in one.equal)

    found = Inhibitor(rules, [(identity(labels), labels) for labels in sources]).inhibited_by(target)
    assert bool(found) is any(naive(one, source) for one in rules for source in sources)
    assert set(found) <= {identity(source) for source in sources}
