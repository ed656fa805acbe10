"""What is true of every kind of channel stays true."""

import asyncio
import inspect
import re

import pytest
from django import forms

from alerts.delivery.kinds.base import ChannelKind, KindForm
from alerts.delivery.kinds.registry import KINDS, LABELS, channel_kind, kind_choices
from alerts.delivery.kinds.slack import SlackKind
from alerts.delivery.models import Channel
from opsportal.kinds import UnknownKindError
from tests.test_structure import tables, text_of


@pytest.fixture
def kinds() -> None:
    """The kinds as they are, instead of those that the sender's tests script."""


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_kind_describes_itself(kind: str) -> None:
    found = channel_kind(kind)
    assert found.kind == kind
    assert found.description.endswith(".")
    assert found.icon
    assert LABELS[kind]
    assert bool(found.address_label) == found.takes_addresses
    assert len(kind) <= (Channel._meta.get_field("kind").max_length or 0)


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_kind_has_a_form_whose_secrets_and_destinations_are_fields(kind: str) -> None:
    form = channel_kind(kind).SettingsForm
    assert issubclass(form, KindForm)
    assert form.secret_fields | form.destination_fields <= set(form.base_fields)
    assert all(
        field.help_text or field.required is False or isinstance(field, forms.ChoiceField)
        for field in form.base_fields.values()
    )


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_kind_sends_asynchronously_and_names_its_endpoint(kind: str) -> None:
    found = channel_kind(kind)
    assert asyncio.iscoroutinefunction(found.send)
    assert found.endpoint is not ChannelKind.endpoint
    assert 0 < found.timeout_s <= 60


@pytest.mark.parametrize("kind", [kind for kind in KINDS if channel_kind(kind).takes_addresses])
def test_a_kind_that_takes_addresses_refuses_nonsense(kind: str) -> None:
    found = channel_kind(kind)
    for nonsense in ("", "no such\naddress", "<>", "x" * 300):
        with pytest.raises(forms.ValidationError):
            found.clean_address(nonsense)


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_kind_has_tests(kind: str) -> None:
    assert "def test_" in text_of(f"tests/alerts/delivery/kinds/test_{kind}.py")


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_kinds_page_names_every_setting_and_what_answers_mean(kind: str) -> None:
    page = text_of(f"docs/channels/{kind}.md")
    assert [name for name in channel_kind(kind).SettingsForm.base_fields if f"`{name}`" not in page] == []
    heads = [rows[0] for rows in tables(page)]
    assert any("Outcome" in head for head in heads)
    assert "## Set up" in page


@pytest.mark.parametrize("kind", list(KINDS))
def test_a_kinds_page_says_which_settings_are_secret(kind: str) -> None:
    rows = [row for row in text_of(f"docs/channels/{kind}.md").splitlines() if row.startswith("| `")]
    for name in channel_kind(kind).SettingsForm.secret_fields:
        assert any(f"`{name}`" in row and re.search("secret", row, re.IGNORECASE) for row in rows), name


def test_the_index_names_every_kind() -> None:
    index = text_of("docs/channels.md")
    assert [kind for kind in KINDS if f"[`{kind}`](channels/{kind}.md)" not in index] == []


def test_every_kind_has_a_label_and_every_label_a_kind() -> None:
    assert list(KINDS) == list(LABELS) == [kind for kind, _ in kind_choices()]


def test_an_unknown_kind_is_told_with_those_that_there_are() -> None:
    with pytest.raises(UnknownKindError, match=r"pigeon.*email"):
        channel_kind("pigeon")


def test_addresses_that_tests_replace_are_class_attributes() -> None:
    patched = [kind for kind in KINDS if hasattr(channel_kind(kind), "api_url")]
    assert patched == ["slack", "sms", "pagerduty", "telegram"]
    assert "api_url" in inspect.get_annotations(SlackKind)
