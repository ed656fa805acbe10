from collections.abc import Callable
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from opsportal import env


@pytest.fixture(autouse=True)
def _own_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is read here is no setting of the portal."""
    monkeypatch.setattr(env, "SETTINGS", {})


def fault(read: Callable[[], object]) -> str:
    with pytest.raises(ImproperlyConfigured) as caught:
        read()
    return str(caught.value)


@pytest.mark.parametrize("word", ["1", "true", "YES", " on "])
def test_a_boolean_knows_four_words_for_yes(monkeypatch: pytest.MonkeyPatch, word: str) -> None:
    monkeypatch.setenv("COLOUR", word)
    assert env.boolean("COLOUR", False, help="") is True


def test_a_boolean_that_is_none_names_the_setting_and_the_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLOUR", "ture")
    assert fault(lambda: env.boolean("COLOUR", False, help="")) == (
        "COLOUR: 'ture' is not a boolean; use one of 1 true yes on, 0 false no off."
    )


@pytest.mark.parametrize(("text", "words"), [("1e3", "is not a whole number"), ("70000", "is out of range")])
def test_a_whole_number_that_is_none_or_too_high_is_refused(
    monkeypatch: pytest.MonkeyPatch, text: str, words: str
) -> None:
    monkeypatch.setenv("DOOR", text)
    assert words in fault(lambda: env.integer("DOOR", 1, low=1, high=65_535, help=""))


@pytest.mark.parametrize("text", ["nan", "inf", "-1", "five"])
def test_a_number_is_finite_and_in_range(monkeypatch: pytest.MonkeyPatch, text: str) -> None:
    monkeypatch.setenv("SHARE", text)
    assert fault(lambda: env.number("SHARE", 0.5, low=0, high=1, help="")).startswith("SHARE: ")


def test_a_list_drops_blanks_and_empty_entries(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOSTS", " a.example, ,b.example,")
    assert env.listing("HOSTS", help="") == ["a.example", "b.example"]


def test_a_choice_names_what_there_is_to_choose(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("STYLE", "yaml")
    assert fault(lambda: env.choice("STYLE", "text", ("text", "json"), help="")) == (
        "STYLE: 'yaml' is not one of text, json."
    )


def test_a_rate_is_a_number_in_a_span(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PACE", "10/fortnight")
    assert fault(lambda: env.rate("PACE", "1/second", help="")).startswith("PACE: '10/fortnight' is not a rate")


def test_a_relative_folder_is_under_the_portal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BOX", "data/here")
    assert env.folder("BOX", "", help="") == env.BASE_DIR / "data" / "here"


def test_an_empty_folder_is_none() -> None:
    assert env.folder("BOX", "", help="") is None


@pytest.mark.parametrize(
    "value", ["mysql://u:hunter22@h/db", "redis://u:hunter22@h:99999", "redis://[::1:hunter22", "hunter22", "redis:///"]
)
def test_a_url_that_is_none_is_refused_without_repeating_it(monkeypatch: pytest.MonkeyPatch, value: str) -> None:
    monkeypatch.setenv("STORE", value)
    message = fault(lambda: env.url("STORE", "", schemes=("redis",), help=""))
    assert message.startswith("STORE: ")
    assert "hunter22" not in message


def test_a_secret_is_read_from_a_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("from the file\n")
    monkeypatch.setenv("KEY_FILE", str(tmp_path / "key"))
    assert env.text("KEY", help="", secret=True) == "from the file"


def test_a_value_and_a_file_at_once_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY", "a")
    monkeypatch.setenv("KEY_FILE", "/run/secrets/key")
    assert fault(lambda: env.text("KEY", help="")) == "KEY and KEY_FILE are both set; set one of them."


def test_a_file_that_cannot_be_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KEY_FILE", "/nowhere/key")
    assert fault(lambda: env.text("KEY", help="")) == "KEY_FILE: cannot read /nowhere/key (FileNotFoundError)."
