from datetime import UTC, datetime
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from alerts.delivery.models import Channel
from alerts.incidents.configuration import load
from alerts.incidents.models import InhibitionRule, Receiver, Route, TimeInterval
from alerts.incidents.routing import route

NOW = datetime(2026, 3, 1, tzinfo=UTC)
pytestmark = pytest.mark.django_db
FILE = """
global: {resolve_timeout: 2m}
route:
  receiver: ops
  group_by: [alertname]
  routes:
  - matchers: ['team="db"']
    receiver: db
    group_wait: 10s
    mute_time_intervals: [nights]
    continue: true
  - match_re: {severity: crit.*}
receivers:
- name: ops
  webhook_configs: [{url: 'https://ops.example/in'}]
  opsgenie_configs: [{api_key: x}]
- name: db
  webhook_configs: [{url: 'https://db.example/in', send_resolved: false}]
  telegram_configs: [{bot_token: wrong, chat_id: 5}]
inhibit_rules:
- source_match: {severity: critical}
  equal: [cluster]
time_intervals:
- name: nights
  time_intervals: [{times: [{start_time: '22:00', end_time: '24:00'}]}]
"""


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "alertmanager.yml"
    path.write_text(FILE)
    return str(path)


def taken_over(file: str, *options: str) -> str:
    said = StringIO()
    call_command("alertmanager", "import", file, *options, stdout=said)
    return said.getvalue()


def test_a_file_is_taken_over_and_alerts_are_routed_by_it(file: str) -> None:
    taken_over(file)
    configuration = load(NOW)
    assert configuration.root is not None
    found = route(configuration.root, {"team": "db", "severity": "critical"})
    assert [configuration.receivers[node.receiver_id].name for node in found] == ["db", "ops"]
    assert (found[0].group_wait_s, found[0].mute_times, found[1].group_by) == (10, ("nights",), ("alertname",))
    assert configuration.settings.resolve_timeout_s == 120
    assert {(one.name, one.per_incident) for one in Receiver.objects.all()} == {("ops", False), ("db", False)}


def test_an_empty_side_of_a_rule_matches_everything(file: str) -> None:
    taken_over(file)
    assert InhibitionRule.objects.get().target_matchers == ['alertname=~".*"']


def test_what_has_no_place_and_what_a_channel_refuses_is_said(file: str) -> None:
    said = taken_over(file)
    assert "not taken over: receivers.0.opsgenie_configs.0 (line 16): there is no channel of this kind" in said
    assert "not taken over: channel db 2 (telegram): settings.token: " in said
    assert [one.send_resolved for one in Receiver.objects.get(name="db").targets.all()] == [False]


def test_a_dry_run_keeps_nothing(file: str) -> None:
    assert "would be stored: 3 routes" in taken_over(file, "--dry-run")
    assert not Route.objects.exists()
    assert not Channel.objects.exists()


def test_routes_that_are_there_are_replaced_only_when_asked(file: str) -> None:
    taken_over(file)
    with pytest.raises(CommandError, match="There are routes already"):
        taken_over(file)
    taken_over(file, "--replace")
    counts = [model.objects.count() for model in (Route, Receiver, Channel, TimeInterval, InhibitionRule)]
    assert counts == [3, 2, 2, 1, 1]


def test_a_file_that_is_none_is_refused_by_line(tmp_path: Path) -> None:
    path = tmp_path / "broken.yml"
    path.write_text("route:\n  receiver: nobody\n")
    with pytest.raises(CommandError, match=r"route\.receiver \(line 2\): there is no receiver 'nobody'"):
        taken_over(str(path))
    with pytest.raises(CommandError, match="cannot be read"):
        taken_over(str(tmp_path / "gone.yml"))
