"""`manage.py checks` and `manage.py services`."""

import io
import json
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from monitoring.checks import actions
from monitoring.checks.management.waiting import wait_for
from monitoring.checks.models import Check, CheckSchedule, CheckState, Service
from tests.monitoring.checks.doors import home, sample_kind, shop

__all__ = ["home", "sample_kind", "shop"]

pytestmark = pytest.mark.django_db


def run(*words: str) -> tuple[str, int]:
    """What a command writes, and its exit code."""
    out = io.StringIO()
    try:
        call_command(*words, stdout=out, stderr=io.StringIO())
    except SystemExit as end:
        return out.getvalue(), int(end.code or 0)
    return out.getvalue(), 0


def test_checks_are_listed_as_text_and_as_json(home: Check) -> None:
    assert run("checks", "list")[0] == "pending     shop/home  sample\n"
    [row] = json.loads(run("checks", "list", "--json")[0])
    assert (row["check"], row["status"]) == ("shop/home", "pending")


def test_a_list_is_narrowed_by_service_kind_and_status(home: Check) -> None:
    assert run("checks", "list", "--service", "other")[0] == ""
    assert run("checks", "list", "--kind", "sample", "--status", "pending")[0] != ""


def test_a_trial_shows_what_it_saw_and_saves_nothing(home: Check) -> None:
    text, code = run("checks", "test", "shop/home")
    assert "a answered" in text
    assert "wait_seconds = 2" in text
    assert code == 1  # degraded by its threshold
    assert CheckState.objects.get().last_checked_at is None


def test_a_kind_can_be_tried_without_a_stored_check() -> None:
    seen = json.loads(run("checks", "test", "--kind", "sample", "--set", "host=b", "--json")[0])
    assert "b answered" in seen["summary"]


def test_a_wrong_setting_of_a_trial_is_named() -> None:
    with pytest.raises(CommandError, match=r"settings\.port"):
        run("checks", "test", "--kind", "sample", "--set", "host=b", "--set", "port=0")


def test_a_refused_connection_is_down_with_code_2() -> None:
    text, code = run("checks", "test", "--kind", "tcp", "--set", "host=127.0.0.1", "--set", "port=1")
    assert (code, text.split()[0]) == (2, "Down")


def test_an_unknown_check_is_named(home: Check) -> None:
    with pytest.raises(CommandError, match="'shop/nonsense'"):
        run("checks", "test", "shop/nonsense")


def test_run_makes_checks_due_now(home: Check) -> None:
    CheckSchedule.objects.update(next_check_at=None)
    assert json.loads(run("checks", "run", "shop/home", "--json")[0]) == {"due": 1, "left_out": 0}
    assert CheckSchedule.objects.get().next_check_at is not None


def test_run_does_not_guess_which_checks_are_meant() -> None:
    with pytest.raises(CommandError, match="--all"):
        run("checks", "run")


def test_waiting_ends_at_its_deadline_and_says_what_did_not_report(home: Check) -> None:
    text, code = run("checks", "run", "--all", "--wait", "--timeout-s", "0")
    assert (text, code) == ("waiting   shop/home\n", 3)


def test_an_import_is_refused_with_places_as_json(tmp_path: Path) -> None:
    file = tmp_path / "services.yaml"
    file.write_text("version: 1\nservices:\n  shop: {ownr: web}\n")
    text, code = run("services", "import", str(file), "--json")
    assert code == 1
    assert json.loads(text)["faults"][0]["place"] == "services.shop.ownr"


def test_a_diff_ends_with_2_until_it_is_applied(tmp_path: Path) -> None:
    file = tmp_path / "services.yaml"
    file.write_text("version: 1\nservices:\n  shop: {owner: web}\n")
    assert run("services", "import", str(file), "--diff")[1] == 2
    assert not Service.objects.exists()
    assert run("services", "import", str(file)) == (
        "+ services.shop\n+ services.shop.name: 'shop'\n+ services.shop.owner: 'web'\n3 changes.\n",
        0,
    )
    assert run("services", "import", str(file), "--diff") == ("Nothing to change.\n", 0)


def test_an_export_names_the_checks_whose_secrets_it_leaves_out(home: Check) -> None:
    text, _ = run("services", "export")
    assert text.startswith("# Secrets are not exported. These checks have some: shop/home\n")
    assert "hunter2" not in text


def test_an_export_of_one_service_leaves_out_the_others(shop: Service, tmp_path: Path) -> None:
    actions.service_save(name="Other")
    file = tmp_path / "out.yaml"
    run("services", "export", "other", "--output", str(file))
    assert "shop" not in file.read_text()


def test_an_export_of_an_unknown_service_is_refused() -> None:
    with pytest.raises(CommandError, match="'nonsense'"):
        run("services", "export", "nonsense")


def test_help_names_the_exit_codes(capsys: Any) -> None:
    with pytest.raises(SystemExit):
        call_command("services", "import", "--help")
    assert "2 --diff found differences" in " ".join(capsys.readouterr().out.split())


def test_waiting_ends_when_all_have_reported(home: Check) -> None:
    progress = io.StringIO()
    CheckState.objects.update(last_checked_at=home.created_at, last_verdict="up")
    reported, waiting = wait_for({home.pk: None}, 10, progress)
    assert (reported, waiting) == ([home], [])
    assert progress.getvalue() == "1 of 1 have reported."
