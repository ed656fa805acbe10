"""The text of a token and its digest. Pure but for the randomness."""

import hashlib
import re
import secrets

PREFIX = "ops_"
SHOWN = 12  # the prefix and 8 of 43 characters: enough to tell tokens apart, 210 bits stay unknown
SHAPE = re.compile(r"ops_[A-Za-z0-9_-]{43}")


def generate() -> str:
    """A new token with 256 random bits, so that a plain digest cannot be searched."""
    return PREFIX + secrets.token_urlsafe(32)


def digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def is_token(text: str) -> bool:
    return SHAPE.fullmatch(text) is not None
