"""Rules in the admin."""

from django.test import Client
from django.utils import timezone

from alerts.rules.actions import group_save, rule_save
from alerts.rules.models import AlertRule, RecordingRule, RuleGroup

FORM = {
    "name": "Down", "slug": "", "kind": "metric", "category": "system_health", "severity": "error", "expression": "up == 0",
    "comparator": "present", "interval_s": "30", "for_s": "0", "keep_firing_for_s": "0", "on_no_data": "ok", "on_error": "keep",
    "flap_detection": "on", "labels": "team=shop", "annotations": "summary={{ $labels.instance }} = down", "settings": "{}",
    "position": "0", "enabled": "on",
}  # fmt: skip


def test_a_rule_is_added(ada_client: Client) -> None:
    answer = ada_client.post("/admin/rules/alertrule/add/", FORM)
    assert answer.status_code == 302, answer.context["adminform"].form.errors
    rule = AlertRule.objects.get()
    assert (rule.labels, rule.annotations) == ({"team": "shop"}, {"summary": "{{ $labels.instance }} = down"})
    assert rule.created_by is not None


def test_a_wrong_rule_is_shown_again_with_what_is_wrong(ada_client: Client) -> None:
    answer = ada_client.post("/admin/rules/alertrule/add/", FORM | {"expression": "up ==", "settings": '{"nosuch": 1}'})
    errors = answer.context["adminform"].form.errors
    assert "unexpected end of input" in errors["expression"][0]
    assert "Not a setting" in errors["settings"][0]


def test_a_rule_is_edited_switched_and_deleted(ada_client: Client) -> None:
    rule = rule_save(name="Down", kind="metric", expression="up == 0", now=timezone.now())
    place = f"/admin/rules/alertrule/{rule.pk}/change/"
    assert ada_client.get(place).status_code == 200
    assert ada_client.post(place, FORM | {"slug": "down", "for_s": "60"}).status_code == 302
    ada_client.post("/admin/rules/alertrule/", {"action": "switch_off", "_selected_action": [rule.pk]})
    rule.refresh_from_db()
    assert (rule.for_s, rule.enabled) == (60, False)
    ada_client.post(f"/admin/rules/alertrule/{rule.pk}/delete/", {"post": "yes"})
    assert not AlertRule.objects.exists()


def test_groups_and_recordings_are_added(ada_client: Client) -> None:
    form = {
        "name": "shop",
        "file": "",
        "interval_s": "60",
        "query_offset_s": "0",
        "limit": "0",
        "labels": "",
        "enabled": "on",
    }
    assert ada_client.post("/admin/rules/rulegroup/add/", form).status_code == 302
    group = RuleGroup.objects.get()
    asked = {"group": group.pk, "position": "0", "record": "a:b", "expression": "up", "labels": ""}
    assert ada_client.post("/admin/rules/recordingrule/add/", asked).status_code == 302
    assert RecordingRule.objects.get().group == group


def test_lists_open(otto_client: Client) -> None:
    now = timezone.now()
    rule_save(name="Down", kind="metric", expression="up == 0", group=group_save(name="shop", now=now), now=now)
    for name in ("alertrule", "rulegroup", "recordingrule", "rulestate"):
        assert otto_client.get(f"/admin/rules/{name}/").status_code == 200
