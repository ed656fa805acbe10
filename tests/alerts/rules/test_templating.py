"""Templates give what Prometheus gives, and a hostile one costs little and raises nothing else."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alerts.rules.expanding import Expander
from alerts.rules.templating import Sample, TemplateError, expanded
from tests.alerts.rules.promtool import PROMTOOL, RECORDED, expanded_by_promtool
from tests.alerts.rules.template_cases import CASES, FAULTY

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
LABELS = {"__name__": "m", "instance": "db-1:9100", "job": "node"}
UP = [
    Sample({"__name__": "up", "job": "a", "instance": "web-2:80"}, 1.0),
    Sample({"__name__": "up", "job": "b", "instance": "web-1:80"}, 0.0),
]
ANSWERS = {"up": UP, "up == 0": UP[1:], "up == 1": UP[:1], 'up{job="zzz"}': []}


def ask(text: str) -> list[Sample]:
    return ANSWERS.get(text, [])


def test_templates_give_what_prometheus_gave() -> None:
    recorded = json.loads((RECORDED / "templates.json").read_text())
    assert [(template, value) for template, value, _ in recorded] == CASES
    different = {
        template: (text, found)
        for place, (template, value, text) in enumerate(recorded)
        if (found := expanded(template, {**LABELS, "n": str(place)}, float(value), query=ask)) != text
    }
    assert different == {}


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not installed")
def test_what_was_recorded_is_what_prometheus_gives_now() -> None:
    recorded = json.loads((RECORDED / "templates.json").read_text())
    assert expanded_by_promtool(CASES) == [text for _, _, text in recorded]


@pytest.mark.parametrize("template", FAULTY)
def test_a_faulty_template_says_why(template: str) -> None:
    with pytest.raises(TemplateError, match=r"\w+ .*\w"):
        expanded(template, LABELS, 3.0, query=ask)


@pytest.mark.django_db
@pytest.mark.parametrize("template", FAULTY)
def test_a_faulty_template_becomes_plain_text(template: str) -> None:
    text = Expander(0)(template, tuple(LABELS.items()), 3.0, NOW)
    assert text.startswith("<error expanding template: ")


@pytest.mark.parametrize(
    "template",
    [
        '{{ range $a, $b := $labels }}{{ range $labels }}{{ range $labels }}{{ printf "%1000s" "x" }}{{ end }}{{ end }}{{ end }}'
        * 50,
        '{{ $x := "aaaaaaaaaa" }}' + '{{ $x = printf "%s%s" $x $x }}' * 60,
        '{{ reReplaceAll "" "$0aaaaaaaaaaaaaaaaaaaa" (printf "%1000s" "a") }}' * 100,
        "{{ if true }}" * 200 + "{{ end }}" * 200,
        "{{ (" * 500,
        "{{" + "(" * 500 + "1" + ")" * 500 + "}}",
        "x" * 40_000 + "{{ $value }}",
        '{{ reReplaceAll "' + "(a{1000}){1000}" + '" "" "x" }}',
        '{{ printf "%999999999f" $value }}' * 3_000,
        "{{ humanizeTimestamp 1e300 }}",
        '{{ printf "%.99999f" $value }}' * 100,
    ],
)
def test_a_hostile_template_is_stopped(template: str) -> None:
    with pytest.raises(TemplateError):
        expanded(template, LABELS, 3.0, query=ask)


WORDS = """
{{ }} {{- -}} | ( ) $labels $value . .job if else end range with query "up" first value label printf "%d_%s_%v" humanize 1 1.5 -3 := =
, $x $ ` ' /* */ eq and not index len reReplaceAll "(" nil true break title html \\ é toTime args
"""


def refusal(text: str) -> str:
    """Why a template is refused; empty when it is expanded."""
    try:
        assert isinstance(expanded(text, LABELS, 3.0, query=ask), str)
    except TemplateError as error:
        return str(error) or "no words"
    return ""


@settings(max_examples=1500, deadline=None)
@given(st.lists(st.sampled_from(WORDS.split()), max_size=30), st.booleans())
def test_whatever_is_written_is_expanded_or_refused_in_words(words: list[str], wrapped: bool) -> None:
    text = " ".join(words)
    assert refusal("{{ " + text + " }}" if wrapped else text) != "no words"


@settings(max_examples=500, deadline=None)
@given(st.text(max_size=60))
def test_any_text_is_expanded_or_refused_in_words(text: str) -> None:
    assert refusal("{{" + text + "}}") != "no words"
