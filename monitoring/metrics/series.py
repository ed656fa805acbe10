"""Series ids by name and labels: looked up once a process, created on first sight."""

import hashlib
from collections.abc import Iterable, Sequence

import orjson

Labels = tuple[tuple[str, str], ...]
Identity = tuple[str, Labels]

FIND = "SELECT key, id FROM metrics_series WHERE key = ANY(%s)"
CREATE = """
INSERT INTO metrics_series (name, labels, key, first_seen_at)
SELECT r.name, r.labels, r.key, now() FROM json_to_recordset(%s::json) AS r(name text, labels jsonb, key text)
ON CONFLICT (key) DO NOTHING
"""


class SeriesCache:
    """Ids known to this process. Only committed series may be remembered: a rolled-back id would point nowhere."""

    def __init__(self) -> None:
        self.ids: dict[Identity, int] = {}

    def missing(self, identities: Iterable[Identity]) -> list[Identity]:
        return [identity for identity in dict.fromkeys(identities) if identity not in self.ids]

    def forget(self) -> None:
        self.ids.clear()


def key_of(identity: Identity) -> str:
    """SHA-256 of the name and the labels, which must be sorted by name."""
    return hashlib.sha256(orjson.dumps(identity)).hexdigest()


def creation_rows(identities: Sequence[Identity]) -> str:
    """The argument of CREATE."""
    rows = [{"name": name, "labels": dict(labels), "key": key_of((name, labels))} for name, labels in identities]
    return orjson.dumps(rows).decode()
