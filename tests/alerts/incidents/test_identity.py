import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.incidents.identity import LabelError, fingerprint, identity, labels_check, normalised, telling_order

LABELS = st.dictionaries(st.sampled_from("abcd"), st.text(max_size=5), max_size=4)


@given(LABELS)
def test_identity_knows_no_order_and_no_empty_values(labels: dict[str, str]) -> None:
    turned = {name: labels[name] for name in reversed(list(labels))} | {"empty": ""}
    assert identity(labels) == identity(turned) == identity(normalised(turned))


@given(LABELS, LABELS)
def test_different_labels_have_different_identities(one: dict[str, str], other: dict[str, str]) -> None:
    assert (identity(one) == identity(other)) is (normalised(one) == normalised(other))


def test_names_and_values_do_not_run_into_each_other() -> None:
    assert identity({"a": "bc"}) != identity({"ab": "c"})


def test_the_fingerprint_is_alertmanager_s() -> None:
    assert fingerprint({"alertname": "Test", "severity": "critical"}) == "efcaa50ee41c2d76"
    assert fingerprint({"alertname": "Zwölf", "note": 'say "hi"\n'}) == "7956131c4bd24396"
    assert fingerprint({}) == "cbf29ce484222325"


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ({"a-b": "c"}, "'a-b': a name is made of letters"),
        ({"a": 3}, "'a': the value must be a text, not int"),
        ({"a": "b" * 5000}, "'a': the value has 5,000 characters"),
        ({"a": "b\x00"}, "'a': the value holds a NUL"),
        ({"a": "\ud800"}, "'a': the value holds a NUL or half"),
        ({"a": ""}, "at least one with a value"),
        ({f"l{number}": "x" for number in range(101)}, "101 of them; at most 100"),
    ],
)
def test_labels_that_cannot_be_are_named_with_the_fix(labels: dict[str, object], words: str) -> None:
    with pytest.raises(LabelError, match=words):
        labels_check(labels)


def test_labels_without_a_value_are_left_out() -> None:
    assert labels_check({"alertname": "Down", "cluster": ""}) == {"alertname": "Down"}


def test_alerts_of_a_message_stand_as_alertmanager_sorts_them() -> None:
    first = {"job": "a", "zone": "x"}
    second = {"job": "b", "instance": "1"}
    third = {"job": "b", "z": "x"}
    fourth = {"alertname": "D", "severity": "s"}
    fifth = {"alertname": "D", "note": "n"}
    assert sorted([fifth, fourth, third, second, first], key=telling_order) == [first, second, third, fourth, fifth]
