"""Forms of the page "My notifications": everybody for themself."""

from collections.abc import Sequence
from typing import Any

from django import forms

from alerts.delivery.choices import Urgency
from alerts.delivery.kinds.registry import channel_kind
from alerts.delivery.models import Channel, ContactMethod
from alerts.oncall.models import PersonalRule, QuietHours
from opsportal.kinds import UnknownKindError

SPARE_ROWS = 2
LONGEST_MIN = 1440


def personal_channels() -> list[Channel]:
    """Channels that take addresses of people."""
    return [channel for channel in Channel.objects.filter(enabled=True).order_by("name") if _takes_addresses(channel)]


def _takes_addresses(channel: Channel) -> bool:
    try:
        return channel_kind(channel.kind).takes_addresses
    except UnknownKindError:
        return False


def address_words(channel: Channel) -> str:
    """What an address of a channel is, such as E-mail address."""
    return channel_kind(channel.kind).address_label or "Address"


class ContactForm(forms.Form):
    """A new contact method. Cleans `channel` to a Channel."""

    channel = forms.TypedChoiceField(label="By")
    name = forms.CharField(label="Called", max_length=80, widget=forms.TextInput(attrs={"placeholder": "My mobile"}))
    address = forms.CharField(label="Address", max_length=250, widget=forms.TextInput(attrs={"autocomplete": "off"}))

    def __init__(self, data: Any = None, *, channels: Sequence[Channel]) -> None:
        super().__init__(data)
        known = {str(channel.pk): channel for channel in channels}
        choices = [(pk, f"{channel.name} ({address_words(channel)})") for pk, channel in known.items()]
        field = self.fields["channel"]
        assert isinstance(field, forms.TypedChoiceField)  # noqa: S101 - as declared
        field.choices, field.coerce = choices, known.__getitem__


class RulesForm(forms.Form):
    """All rules of one urgency: rows `contact_<i>`, `after_<i>` in minutes. A row without a contact is left out."""

    urgency = forms.ChoiceField(choices=Urgency.choices, widget=forms.HiddenInput)

    def __init__(
        self, data: Any = None, *, urgency: str, contacts: Sequence[ContactMethod], rules: Sequence[PersonalRule]
    ) -> None:
        super().__init__(data, initial={"urgency": urgency}, auto_id=f"{urgency}_%s")
        choices = [("", "—"), *((str(contact.pk), contact.name) for contact in contacts)]
        self.row_count = len(rules) + SPARE_ROWS
        for index in range(self.row_count):
            rule = rules[index] if index < len(rules) else None
            self.fields[f"contact_{index}"] = forms.ChoiceField(
                label="Tell me by", choices=choices, required=False, initial=str(rule.contact_id) if rule else ""
            )
            self.fields[f"after_{index}"] = forms.FloatField(
                label="after (min)",
                min_value=0,
                max_value=LONGEST_MIN,
                required=False,
                initial=_minutes(rule.delay_s) if rule else 0,
                widget=forms.NumberInput(attrs={"step": "any", "inputmode": "decimal"}),
            )

    def rows(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"contact_{index}"], self[f"after_{index}"]) for index in range(self.row_count)]

    def filled(self) -> list[tuple[int, dict[str, int]]]:
        """Numbers of the rows with a contact, and what personal_rules_save takes."""
        return [
            (index, {"contact": int(contact), "delay_s": round((self.cleaned_data[f"after_{index}"] or 0) * 60)})
            for index in range(self.row_count)
            if (contact := self.cleaned_data.get(f"contact_{index}"))
        ]

    def place(self, errors: dict[str, list[str]]) -> None:
        """Errors of the action beside the rows that they are about: `rules.1.contact`."""
        numbers = [index for index, _ in self.filled()]
        for place, words in errors.items():
            _, _, rest = place.partition(".")
            number, _, part = rest.partition(".")
            field = f"{'contact' if part == 'contact' else 'after'}_{numbers[int(number)]}" if part else None
            self.add_error(field, words)


def _minutes(delay_s: int) -> float:
    return delay_s // 60 if delay_s % 60 == 0 else round(delay_s / 60, 3)


class QuietForm(forms.Form):
    start = forms.TimeField(label="From", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    end = forms.TimeField(label="Until", widget=forms.TimeInput(attrs={"type": "time"}, format="%H:%M"))
    time_zone = forms.CharField(label="By the clock of", max_length=60, widget=forms.TextInput(attrs={"list": "zones"}))

    def __init__(self, data: Any = None, *, hours: QuietHours | None) -> None:
        stored = (
            {"start": hours.start, "end": hours.end, "time_zone": hours.time_zone} if hours else {"time_zone": "UTC"}
        )
        super().__init__(data, initial=stored)
