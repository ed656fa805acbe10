"""Kinds ready to send, one a revision of a channel."""

from collections import OrderedDict
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from django.core.exceptions import ValidationError

from alerts.delivery.configuration import complete_settings
from alerts.delivery.kinds.base import ChannelKind
from alerts.delivery.kinds.registry import channel_kind
from opsportal.crypto import SealBrokenError
from opsportal.kinds import UnknownKindError
from opsportal.sealed_settings import opened

KEPT = 500
LONGEST_ENDPOINT = 250


@dataclass(frozen=True, slots=True)
class Loaded:
    """A channel's kind, or why there is none; `secrets` are taken out of every answer."""

    kind: ChannelKind | None
    endpoint: str
    fault: str = ""
    secrets: tuple[str, ...] = ()


class KindCache:
    """Bounded; the least recently used goes first."""

    def __init__(self) -> None:
        self.kept: OrderedDict[tuple[int, int], Loaded] = OrderedDict()

    def load(self, row: dict[str, Any]) -> Loaded:
        """The kind of a claimed row's channel, with the endpoint that the row is sent to."""
        place = (row["channel_id"], row["revision"])
        if place not in self.kept:
            self.kept[place] = _build(row)
            if len(self.kept) > KEPT:
                self.kept.popitem(last=False)
        self.kept.move_to_end(place)
        built = self.kept[place]
        if built.kind is None:
            return built
        return Loaded(built.kind, endpoint_of(built.kind, row["address"]), secrets=built.secrets)


def endpoint_of(kind: ChannelKind, address: str) -> str:
    """The endpoint's name, shortened without becoming another one's."""
    name = kind.endpoint(address)
    if len(name) <= LONGEST_ENDPOINT:
        return name
    return f"{name[: LONGEST_ENDPOINT - 17]} {sha256(name.encode()).hexdigest()[:16]}"


def _build(row: dict[str, Any]) -> Loaded:
    nowhere = f"channel {row['channel_id']}"
    try:
        cls = channel_kind(row["channel_kind"])
        kind = cls(complete_settings(cls, row["settings"], row["sealed_secrets"]))
    except (SealBrokenError, UnknownKindError) as error:
        return Loaded(None, nowhere, str(error))
    except ValidationError as error:
        return Loaded(None, nowhere, f"The channel's settings are not complete: {' '.join(error.messages)}")
    return Loaded(kind, "", secrets=tuple(texts(opened(row["sealed_secrets"]))))


def texts(value: Any) -> list[str]:
    """Every text in a JSON value."""
    if isinstance(value, str):
        return [value] if value else []
    inside = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for one in inside for text in texts(one)]
