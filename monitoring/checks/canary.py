"""Canary pages: an address of the portal that shows a nonce for ten minutes, for a scraper to prove that it scrapes.

The address carries the nonce signed, so that the portal need not remember it, and nobody can have the portal show
words of theirs.
"""

import secrets
from dataclasses import dataclass

from django.core.signing import BadSignature, TimestampSigner

MAX_AGE_S = 600
_SALT = "opsportal.canary"


@dataclass(frozen=True, slots=True)
class Canary:
    """`nonce`: the word on the page; `path`: where the page is, below the portal's address."""

    nonce: str
    path: str


def new_canary() -> Canary:
    nonce = f"canary{secrets.token_hex(12)}"
    return Canary(nonce, f"/canary/{TimestampSigner(salt=_SALT).sign(nonce)}")


def nonce_of(signed: str) -> str | None:
    """The nonce of a canary's address; None when it was not made here, or is older than ten minutes."""
    try:
        return TimestampSigner(salt=_SALT).unsign(signed, max_age=MAX_AGE_S)
    except BadSignature:
        return None
