"""`manage.py rules`."""

import io
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from alerts.rules.models import AlertRule
from tests.alerts.rules.prometheus_files.unit_test_cases import RULES, files


def run(*words: str) -> str:
    out = io.StringIO()
    call_command("rules", *words, stdout=out)
    return out.getvalue()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "rules.yml").write_text(RULES)
    (tmp_path / "good.yml").write_text(files()["fires after for"])
    (tmp_path / "bad.yml").write_text(files()["one is missing"])
    return tmp_path


@pytest.mark.django_db
def test_import_diff_export_and_list(folder: Path) -> None:
    with pytest.raises(SystemExit) as different:
        run("import", str(folder / "rules.yml"), "--diff")
    assert different.value.code == 2
    assert not AlertRule.objects.exists()
    assert "8 changes." in run("import", str(folder / "rules.yml"))
    assert run("import", str(folder / "rules.yml")) == "Nothing to change.\n"
    assert "alert: Down" in run("export", "--file", "rules.yml")
    assert "0 firing" in run("list")


@pytest.mark.django_db
def test_a_wrong_file_is_refused_whole(folder: Path) -> None:
    (folder / "wrong.yml").write_text("groups:\n- name: a\n  rules:\n  - {alert: A, expr: up ==}\n")
    with pytest.raises(CommandError, match=r"groups\.0\.rules\.0\.expr \(line 4\)"):
        run("import", str(folder / "wrong.yml"))


def test_tests_that_hold_end_well(folder: Path) -> None:
    assert run("test", str(folder / "good.yml")).endswith("  SUCCESS\n")


def test_one_that_fails_fails_all(folder: Path) -> None:
    with pytest.raises(SystemExit):
        run("test", str(folder / "good.yml"), str(folder / "bad.yml"))


def test_a_test_file_that_cannot_be_read_fails(folder: Path) -> None:
    (folder / "bad.yml").write_text("tests: [{interval: soon}]")
    with pytest.raises(SystemExit):
        run("test", str(folder / "bad.yml"))
