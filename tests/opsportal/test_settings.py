"""The settings as whole processes see them, because settings are read once a process."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from opsportal import env, production

GOOD = {
    "PRODUCTION": "true",
    "SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz-0123456789-ABCDEF",
    "ALLOWED_HOSTS": "ops.example.org",
    "PUBLIC_URL": "https://ops.example.org",
    "DATABASE_URL": "postgresql://portal:hunter22@db.example.org/portal",
    "REDIS_URL": "redis://cache.example.org",
}
DOCS = (env.BASE_DIR / "docs" / "configuration.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| `([A-Z_]+)` \| ([^|]+) \| ([^|]*) \| ", re.MULTILINE)


def manage(tmp_path: Path, settings: dict[str, str], *arguments: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if name not in env.SETTINGS}
    return subprocess.run(
        [sys.executable, str(env.BASE_DIR / "manage.py"), *arguments],
        env=clean | {"DATA_DIR": str(tmp_path)} | settings,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_deployment_checks_are_clean_in_production(tmp_path: Path) -> None:
    found = manage(tmp_path, GOOD, "check", "--deploy", "--fail-level", "WARNING")
    assert found.returncode == 0, found.stderr


def test_production_refuses_to_start_and_says_all_that_is_wrong_without_secrets(tmp_path: Path) -> None:
    wrong = {"DEBUG": "true", "SECRET_KEY": "hunter22", "ALLOWED_HOSTS": "", "PUBLIC_URL": "http://ops.example.org"}
    found = manage(tmp_path, GOOD | wrong, "check")
    assert found.returncode != 0
    assert all(name in found.stderr for name in wrong)
    assert "hunter22" not in found.stderr


def test_production_makes_no_key_of_its_own(tmp_path: Path) -> None:
    manage(tmp_path, {name: value for name, value in GOOD.items() if name != "SECRET_KEY"}, "check")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("change", "setting"),
    [
        ({"debug": True}, "DEBUG"),
        ({"secret_key": "short"}, "SECRET_KEY"),
        ({"secret_key": "a" * 60}, "SECRET_KEY"),
        ({"allowed_hosts": []}, "ALLOWED_HOSTS"),
        ({"allowed_hosts": ["*"]}, "ALLOWED_HOSTS"),
        ({"public_url": "http://ops.example.org"}, "PUBLIC_URL"),
    ],
)
def test_each_unfit_setting_is_a_fault_that_names_it(change: dict[str, object], setting: str) -> None:
    fit: dict[str, object] = {
        "debug": False,
        "secret_key": GOOD["SECRET_KEY"],
        "allowed_hosts": ["ops.example.org"],
        "public_url": "https://ops.example.org",
    }
    assert production.faults(**fit) == []  # type: ignore[arg-type]
    assert [fault.split()[0] for fault in production.faults(**fit | change)] == [setting]  # type: ignore[arg-type]


@pytest.mark.parametrize("name", env.SETTINGS)
def test_every_setting_is_documented_with_what_it_accepts(name: str) -> None:
    documented = {found[0]: found[1].strip() for found in ROW.findall(DOCS)}
    assert documented.get(name) == env.SETTINGS[name].accepts


@pytest.mark.parametrize("name", env.SETTINGS)
def test_every_documented_default_is_the_default(name: str) -> None:
    documented = {found[0]: found[2].strip().strip("`") for found in ROW.findall(DOCS)}
    assert documented.get(name) == env.SETTINGS[name].default


def test_no_setting_is_documented_that_does_not_exist() -> None:
    assert {found[0] for found in ROW.findall(DOCS)} <= env.SETTINGS.keys()


def test_no_secret_has_a_default() -> None:
    assert [setting.name for setting in env.SETTINGS.values() if setting.secret and setting.default] == []
