import re
from pathlib import Path

import pytest
import yaml

from alerts.incidents.alertmanager_config import Config, ConfigError, duration_s, load
from alerts.incidents.matching import parse_all
from benchmarks.compat_alertmanager.alertmanager import configuration
from benchmarks.compat_alertmanager.ours import rows_of
from benchmarks.compat_alertmanager.playing import Played
from benchmarks.compat_alertmanager.recording import read

RECORDED = read(Path(__file__).parent / "recorded" / "alertmanager_0_25.jsonl")
LEAST = "route: {receiver: ops}\nreceivers: [{name: ops}]\n"
SLACK = "https://hooks.slack.example/services/T0/B0/secret"


def with_receiver(more: str, top: str = "") -> Config:
    return load(f"{top}route: {{receiver: ops}}\nreceivers:\n- name: ops\n  {more}\n")


@pytest.mark.parametrize("played", RECORDED[:12], ids=lambda played: f"case-{played.case.seed}")
def test_a_tree_is_read_as_it_was_meant(played: Played) -> None:
    case = played.case
    config = load(yaml.safe_dump(configuration(case, 1.0, "http://127.0.0.1")))
    found = [
        (row.parent_id, row.position, row.receiver_id, row.group_wait_s, row.goes_on, row.mute_times)
        for row in config.routes
    ]
    rows = rows_of(case, list(case.receivers), 1.0)
    assert found == [
        (row.parent_id, row.position, row.receiver_id, row.group_wait_s, row.goes_on, row.mute_times) for row in rows
    ]
    assert [parse_all(row.matchers) for row in config.routes] == [parse_all(row.matchers) for row in rows]
    assert config.resolve_timeout_s == case.resolve_timeout


def test_the_old_form_of_matchers_is_taken_too() -> None:
    config = load(
        LEAST.replace(
            "{receiver: ops}", "{receiver: ops, routes: [{match: {a: b}, match_re: {c: d|e}, matchers: [f!=g]}]}"
        )
        + "inhibit_rules: [{source_match: {a: 1}, target_match_re: {b: x.*}, target_matchers: ['c=d'], equal: [e]}]\n"
    )
    assert config.routes[1].matchers == ('a="b"', 'c=~"d|e"', 'f!="g"')
    rule = config.inhibitions[0]
    assert (rule.source, rule.target, rule.equal) == (('a="1"',), ('b=~"x.*"', 'c="d"'), ("e",))


def test_channels_that_we_have_are_taken_over_with_alertmanager_s_defaults() -> None:
    found = (
        with_receiver(
            "webhook_configs: [{url: http://a.example}]\n  slack_configs: [{channel: x}]\n"
            "  telegram_configs: [{bot_token: t, chat_id: -5}]\n"
            "  pagerduty_configs: [{routing_key: k, send_resolved: false}]\n  email_configs: [{to: a@b.example}]",
            f"global: {{slack_api_url: {SLACK}, smtp_smarthost: 'mail:465', smtp_from: c@d.example}}\n",
        )
        .receivers[0]
        .channels
    )
    assert [(one.kind, one.send_resolved) for one in found] == [
        ("webhook", True),
        ("slack_webhook", False),
        ("telegram", True),
        ("pagerduty", False),
        ("email", False),
    ]
    assert found[1].settings == {"url": SLACK}
    assert (found[4].settings["host"], found[4].settings["security"], found[4].settings["port"]) == ("mail", "tls", 465)


@pytest.mark.parametrize(
    ("written", "words"),
    [
        (
            "opsgenie_configs: [{api_key: x}]",
            r"receivers\.0\.opsgenie_configs\.0 \(line 4\): there is no channel of this kind",
        ),
        (
            "slack_configs: [{api_url: http://s.example, title: x}]",
            r"slack_configs\.0\.title \(line 4\): is not taken over",
        ),
        ("pagerduty_configs: [{routing_key_file: /k}]", "stands in a file of its own"),
        ("pagerduty_configs: [{service_key: k}]", "Events API v1"),
        ("webhook_configs: [{url: <secret>}]", "missing or masked"),
        ("webhook_configs: [{url: http://x.example, http_config: {}}]", "http_config"),
        ("email_configs: [{to: a@b.example}]", "no smarthost"),
    ],
)
def test_what_cannot_be_taken_over_is_named_with_its_line(written: str, words: str) -> None:
    config = with_receiver(written)
    assert any(re.search(words, str(one)) for one in config.findings), config.findings


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("a: [", "Not valid YAML"),
        ("groups: []", "There is no `route:`"),
        ("route: {}\n", "needs a receiver"),
        ("route: {receiver: x}\n", r"route\.receiver \(line 1\): there is no receiver 'x'"),
        (LEAST + "foo: 1\n", r"foo \(line 3\): there is no such field"),
        (LEAST.replace("ops}\n", "ops, group_wait: 5x}\n", 1), "'5x' is no duration"),
        (LEAST.replace("ops}\n", "ops, group_interval: 0s}\n", 1), "'0s' is no duration"),
        (
            LEAST.replace("ops}\n", "ops, routes: [{matchers: [a]}]}\n", 1),
            r"routes\.0\.matchers \(line 1\): At character 1",
        ),
        (LEAST.replace("ops}\n", "ops, routes: [{mute_time_intervals: [x]}]}\n", 1), "no time interval 'x'"),
        (LEAST.replace("ops}\n", "ops, matchers: [a=b]}\n", 1), "takes everything"),
        (LEAST.replace("ops}\n", "ops, continue: true}\n", 1), r"route\.continue"),
        (LEAST + "time_intervals: [{name: x, time_intervals: [{months: [13]}]}]\n", r"months\[0\]: '13'"),
        (LEAST + "time_intervals: [{time_intervals: []}]\n", "needs a name of its own"),
        (LEAST + "inhibit_rules: {}\n", "write a list"),
    ],
)
def test_what_alertmanager_would_refuse_is_refused(text: str, words: str) -> None:
    with pytest.raises(ConfigError, match=words):
        load(text)


def test_everything_that_is_wrong_is_said_at_once() -> None:
    with pytest.raises(ConfigError) as caught:
        load("route: {receiver: x, routes: [{foo: 1}, {matchers: [b]}]}\n")
    places = [one.place for one in caught.value.findings]
    assert places == ["route.receiver", "route.routes.0.foo", "route.routes.1.matchers", "route"]


def test_a_secret_is_not_in_what_is_shown_of_a_configuration() -> None:
    assert "secret" not in repr(with_receiver(f"slack_configs: [{{api_url: {SLACK}}}]"))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("1h30m", 5400),
        ("90s", 90),
        ("300ms", 0.3),
        ("1w", 604800),
        ("0", 0),
        (0, 0),
        ("5", None),
        ("", None),
        ("-1s", None),
    ],
)
def test_durations_are_prometheus_s(text: object, seconds: float | None) -> None:
    assert duration_s(text) == seconds
