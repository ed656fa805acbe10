"""How often people and channels may be told something. Pure: what was sent and the clock are passed in.

One table, LIMITS. The model is GoAlert's (limits of a contact method, of a kind, of a channel), with one difference: what a limit holds
back becomes one message once it lets go. A limit is a window that slides: `most` messages in any `window_s` seconds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta


@dataclass(frozen=True, slots=True)
class Limit:
    """`of`: what is counted, "contact" (an address of a person), "kind" (everything by one kind). `kinds` empty: every kind.

    `bundles_from`: from so many that wait for one target they become one message; None: they never do.
    """

    name: str
    of: str
    most: int
    window_s: float
    kinds: frozenset[str] = frozenset()
    bundles_from: int | None = 1


LIMITS: tuple[Limit, ...] = (
    Limit("1 a minute for one contact", "contact", 1, 60.0),
    Limit("5 SMS in 15 minutes for one contact", "contact", 5, 900.0, frozenset({"sms"})),
    Limit("5 SMS in 5 seconds", "kind", 5, 5.0, frozenset({"sms"}), None),
    Limit("5 e-mails in 5 seconds", "kind", 5, 5.0, frozenset({"email"}), None),
)
INTERVAL_BUNDLES_FROM = 5  # messages that wait for a channel with a least interval
LONGEST_WINDOW_S = max(limit.window_s for limit in LIMITS)


@dataclass(frozen=True, slots=True)
class Scope:
    """A limit on something in particular. `key` names what is counted, such as `contact:3`."""

    key: str
    limit: Limit


@dataclass(frozen=True, slots=True)
class Hold:
    """Held back until `until` by `scope`."""

    until: datetime
    scope: Scope


def scopes(*, kind: str, channel: int, contact: int | None, least_interval_s: float) -> list[Scope]:
    """What a message must pass."""
    found = []
    if least_interval_s > 0:
        name = f"1 in {least_interval_s:g} s for one channel"
        limit = Limit(name, "channel", 1, least_interval_s, bundles_from=INTERVAL_BUNDLES_FROM)
        found.append(Scope(f"channel:{channel}", limit))
    for limit in LIMITS:
        if limit.kinds and kind not in limit.kinds:
            continue
        if limit.of == "kind":
            found.append(Scope(f"kind:{kind}", limit))
        elif contact is not None:
            found.append(Scope(f"contact:{contact}", limit))
    return found


def hold(wanted: Sequence[Scope], sent: Mapping[str, Sequence[datetime]], now: datetime) -> Hold | None:
    """The limit that holds a message back longest; None: it may go. `sent`: when, by key, in any order."""
    held = [Hold(until, scope) for scope in wanted if (until := _lets_go(scope.limit, sent.get(scope.key, ()), now))]
    return max(held, key=lambda one: one.until, default=None)


def _lets_go(limit: Limit, sent: Sequence[datetime], now: datetime) -> datetime | None:
    """When a limit lets the next one pass; None: now."""
    window = timedelta(seconds=limit.window_s)
    within = sorted(time for time in sent if time > now - window)
    return within[-limit.most] + window if len(within) >= limit.most else None
