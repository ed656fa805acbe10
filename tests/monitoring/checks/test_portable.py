"""Services as a file: all of it or nothing, the same twice, every fault with its place."""

from itertools import pairwise
from pathlib import Path

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from monitoring.checks import actions
from monitoring.checks.models import Check, Service
from monitoring.checks.portable.diff import compare
from monitoring.checks.portable.exporting import dump, export_tree
from monitoring.checks.portable.importing import services_import
from monitoring.checks.portable.reading import PortableError, parse
from tests.monitoring.checks.doors import home, sample_kind, shop

__all__ = ["home", "sample_kind", "shop"]

pytestmark = pytest.mark.django_db
FILE = """\
version: 1
services:
  shop:
    name: Shop
    owner: web
    labels: {env: prod}
    depends_on: [base]
    checks:
      home:
        kind: sample
        settings: {host: a, password: {env: SHOP_PASSWORD}}
        interval_s: 15
  base: {name: Base}
"""


@pytest.fixture(autouse=True)
def shop_password(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHOP_PASSWORD", "hunter2")


def faults_of(text: str) -> dict[str, int | None]:
    with pytest.raises(PortableError) as raised:
        services_import(parse(text))
    return {fault.place: fault.line for fault in raised.value.faults}


def test_a_file_makes_services_and_checks() -> None:
    services_import(parse(FILE))
    check = Check.objects.get()
    assert (check.service.owner, check.interval_s, check.name) == ("web", 15, "home")
    assert actions.full_settings(check)["password"] == "hunter2"
    assert [other.slug for other in check.service.depends_on.all()] == ["base"]


def test_the_same_file_twice_changes_nothing() -> None:
    assert services_import(parse(FILE))
    assert services_import(parse(FILE)) == []
    assert Check.objects.get().revision == 1


def test_a_dry_run_says_what_would_change_and_changes_nothing() -> None:
    changes = [str(change) for change in services_import(parse(FILE), dry_run=True)]
    assert "+ services.shop.checks.home.settings.password: (secret)" in changes
    assert not Service.objects.exists()


def test_a_changed_secret_is_a_difference_that_shows_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    services_import(parse(FILE))
    monkeypatch.setenv("SHOP_PASSWORD", "hunter3")
    [change] = services_import(parse(FILE))
    assert str(change) == "~ services.shop.checks.home.settings.password: (secret) → (secret)"


def test_what_is_exported_can_be_imported_without_a_difference(home: Check) -> None:
    text = dump(export_tree())
    assert "hunter2" not in text
    assert services_import(parse(text)) == []


def test_what_a_file_leaves_out_stays_as_it_is() -> None:
    services_import(parse(FILE))
    services_import(parse("version: 1\nservices:\n  shop: {description: Sells}\n"))
    assert Service.objects.get(slug="shop").owner == "web"


def test_prune_deletes_what_the_file_does_not_name() -> None:
    services_import(parse(FILE))
    changes = services_import(parse("version: 1\nservices:\n  base: {}\n"), prune=True)
    assert "- services.shop" in [str(change) for change in changes]
    assert [service.slug for service in Service.objects.all()] == ["base"]


def test_unknown_keys_are_named_with_their_line() -> None:
    wrong = FILE.replace("owner: web", "ownr: web").replace("interval_s", "intervall")
    assert faults_of(wrong) == {"services.shop.ownr": 5, "services.shop.checks.home.intervall": 12}


def test_a_wrong_setting_is_named_with_its_line_and_nothing_is_kept() -> None:
    assert faults_of(FILE.replace("host: a", "hots: a")) == {"services.shop.checks.home.settings.hots": 11}
    assert not Service.objects.exists()


def test_a_wrong_number_is_named_with_its_line() -> None:
    assert faults_of(FILE.replace("interval_s: 15", "interval_s: soon")) == {"services.shop.checks.home.interval_s": 12}


def test_a_secret_written_plainly_is_refused_and_not_repeated() -> None:
    with pytest.raises(PortableError) as raised:
        services_import(parse(FILE.replace("{env: SHOP_PASSWORD}", "hunter2")))
    assert "{env: NAME}" in str(raised.value)
    assert "hunter2" not in str(raised.value)


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("from a file\n")
    services_import(parse(FILE.replace("{env: SHOP_PASSWORD}", f"{{file: {tmp_path}/secret}}")))
    assert actions.full_settings(Check.objects.get())["password"] == "from a file"


def test_a_missing_reference_is_named() -> None:
    assert list(faults_of(FILE.replace("SHOP_PASSWORD", "NOT_SET"))) == ["services.shop.checks.home.settings.password"]


def test_a_circle_is_refused_with_the_way_round() -> None:
    with pytest.raises(PortableError, match=r"base → shop → base|shop → base → shop"):
        services_import(parse(FILE.replace("base: {name: Base}", "base: {depends_on: [shop]}")))
    assert not Service.objects.exists()


def test_a_dependency_may_be_turned_round_in_one_import() -> None:
    services_import(parse(FILE))
    turned = FILE.replace("depends_on: [base]", "depends_on: []").replace("{name: Base}", "{depends_on: [shop]}")
    assert services_import(parse(turned))


@pytest.mark.parametrize(
    "text",
    ["", "just words", "version: 2\nservices: {}", "version: 1", "version: 1\nservices: [shop]", "a: [", "services: 3"],
)
def test_a_file_of_a_wrong_shape_is_refused(text: str) -> None:
    with pytest.raises(PortableError):
        parse(text)


def test_a_doubled_key_is_refused() -> None:
    text = "version: 1\nservices:\n  shop: {name: A}\n  shop: {name: B}\n"
    with pytest.raises(PortableError, match=r"services.shop \(line 4\): This key stands here twice"):
        parse(text)


def test_a_slug_that_looks_like_a_number_is_a_text() -> None:
    services_import(parse("version: 1\nservices:\n  404: {name: Not found}\n"))
    assert Service.objects.get().slug == "404"


def test_differences_are_told_leaf_by_leaf() -> None:
    changes = [str(c) for c in compare({"a": {"x": 1, "y": 2}, "b": 1}, {"a": {"x": 3, "z": [1]}}, "s")]
    assert changes == ["~ s.a.x: 1 → 3", "+ s.a.z: [1]", "- s.a.y: 2", "- s.b: 1"]


BOMB = "a: &a [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"{name}: &{name} [{', '.join([f'*{before}'] * 10)}]\n" for before, name in pairwise("abcdefghi")
)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (BOMB, "With its aliases written out"),
        ("a: &a [*a]", "With its aliases written out"),
        ("[" * 90, "Not valid YAML"),
        ("[" * 50_000 + "]" * 50_000, "nested more than 100 levels deep"),
        ("a: !!python/object/apply:os.system [true]", "Not valid YAML: could not determine a constructor"),
        ("a: 2026-99-99", "A number or a date in it cannot be"),
        ("a: " + "9" * 5_000, "A number or a date in it cannot be"),
        ("a: \0", "Not valid YAML"),
        ("? [a, b]\n: c", "Not valid YAML: found unhashable key"),
    ],
)
def test_a_hostile_file_is_refused_with_words(text: str, words: str) -> None:
    with pytest.raises(PortableError, match=words):
        parse(text)


def test_what_a_large_file_says_again_costs_no_statements() -> None:
    text = "version: 1\nservices:\n" + "".join(
        f"  s{n}: {{name: S{n}, checks: {{c: {{kind: sample, settings: {{host: a}}}}}}}}\n" for n in range(20)
    )
    services_import(parse(text))
    text = dump(export_tree())
    with CaptureQueriesContext(connection) as statements:
        assert services_import(parse(text)) == []
    assert len(statements) < 60
