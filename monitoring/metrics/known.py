"""What this process remembers of the store: ids of series, their targets, schemas. All of it may be forgotten at any time.

Only what is committed may be remembered: a rolled-back id would point nowhere. What is remembered is asked for again after
`KEPT_S`, which also tells the database that the series is still in use (see `expiry`).
"""

import time
from collections.abc import Hashable, Iterable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from monitoring.metrics.hot_rows import SchemaBook

KEPT_S = 6 * 3600
SCHEMA_KEPT_S = 3600
REFUSAL_KEPT_S = 60
MOST_IDS = 2_000_000
MOST_REFUSALS = 100_000
GONE = -1


@dataclass(slots=True)
class Known:
    """`ids` by identity, in whatever form a caller names it; `targets[id]`, 0 where not known, GONE where the series is no more."""

    ids: dict[Any, int] = field(default_factory=dict)
    refused: dict[Hashable, float] = field(default_factory=dict)
    targets: NDArray[np.int32] = field(default_factory=lambda: np.zeros(1024, dtype=np.int32))
    schemas: SchemaBook = field(default_factory=SchemaBook)
    confirmed: dict[int, float] = field(default_factory=dict)
    began: float = field(default_factory=time.monotonic)

    def fresh(self) -> "Known":
        """Itself, empty again if it is too old or too large."""
        if time.monotonic() - self.began > KEPT_S or len(self.ids) > MOST_IDS:
            self.forget()
        return self

    def forget(self) -> None:
        self.ids.clear()
        self.refused.clear()
        self.targets = np.zeros(1024, dtype=np.int32)
        self.schemas.forget()
        self.confirmed.clear()
        self.began = time.monotonic()

    def learn_targets(self, ids: NDArray[np.int64], targets: NDArray[np.int32]) -> None:
        if len(ids) and ids.max() >= len(self.targets):
            grown = np.zeros(int(ids.max()) * 3 // 2 + 1, dtype=np.int32)
            grown[: len(self.targets)] = self.targets
            self.targets = grown
        self.targets[ids] = targets

    def targets_of(self, ids: NDArray[np.int64]) -> NDArray[np.int32]:
        """0 where not known."""
        highest = len(self.targets) - 1
        if len(ids) and ids.max() > highest:
            return np.where(ids > highest, 0, self.targets[np.minimum(ids, highest)]).astype(np.int32)
        return self.targets[ids]

    def is_refused(self, identity: Hashable) -> bool:
        """Refused a moment ago: not worth asking the database again."""
        until = self.refused.get(identity)
        return until is not None and time.monotonic() < until

    def refuse(self, identities: Iterable[Hashable]) -> None:
        if len(self.refused) > MOST_REFUSALS:
            self.refused.clear()
        until = time.monotonic() + REFUSAL_KEPT_S
        self.refused.update((identity, until) for identity in identities)

    def confirm(self, schema_ids: Iterable[int]) -> None:
        """These schemas are committed, and in use."""
        now = time.monotonic()
        self.confirmed.update((schema_id, now) for schema_id in schema_ids)

    def is_confirmed(self, schema_id: int) -> bool:
        return time.monotonic() - self.confirmed.get(schema_id, -SCHEMA_KEPT_S) < SCHEMA_KEPT_S


known = Known()
