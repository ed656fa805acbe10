"""Secrets at rest: sealed with Fernet (AES-128-CBC + HMAC-SHA-256) under a key derived from SECRET_KEY.

`SECRET_KEY_FALLBACKS` are tried when opening, so that the key can be rotated.
"""

import base64
from functools import lru_cache

import orjson
from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings


class SealBrokenError(Exception):
    """The sealed text was not made with any key this portal knows."""


def _fernet(secret: str) -> Fernet:
    key = HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=b"opsportal secrets at rest").derive(
        secret.encode()
    )
    return Fernet(base64.urlsafe_b64encode(key))


@lru_cache(maxsize=4)
def _keyring(secrets: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([_fernet(secret) for secret in secrets])


def _current() -> MultiFernet:
    return _keyring((settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS))


def seal(values: dict[str, str]) -> str:
    """Seal a flat dict of secrets; the empty dict seals to the empty string."""
    return _current().encrypt(orjson.dumps(values)).decode() if values else ""


def unseal(sealed: str) -> dict[str, str]:
    """Open what `seal` made. Raises SealBrokenError when no key fits."""
    if not sealed:
        return {}
    try:
        opened: dict[str, str] = orjson.loads(_current().decrypt(sealed.encode()))
    except InvalidToken:
        raise SealBrokenError(
            "A stored secret cannot be opened: SECRET_KEY was changed. Enter the secret again."
        ) from None
    return opened
