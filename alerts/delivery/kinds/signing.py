"""Signatures of Standard Webhooks 1.0.0 (https://www.standardwebhooks.com). Pure."""

import base64
import binascii
import hmac
from collections.abc import Iterable
from hashlib import sha256

PREFIX = "whsec_"
FEWEST_BYTES, MOST_BYTES = 24, 64


def secret_bytes(secret: str) -> bytes:
    """The key of `whsec_…`. Raises ValueError that says what one looks like."""
    try:
        key = base64.b64decode(secret.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("after whsec_ comes base64") from None
    if not secret.startswith(PREFIX) or not FEWEST_BYTES <= len(key) <= MOST_BYTES:
        raise ValueError(f"a secret is whsec_ and the base64 of {FEWEST_BYTES} to {MOST_BYTES} bytes")
    return key


def message_id(key: str) -> str:
    """`webhook-id` of a delivery: the same on every try, ASCII, without a full stop, which separates what is signed."""
    return f"msg_{sha256(key.encode('utf-8', 'surrogatepass')).hexdigest()[:40]}"


def signatures(secrets: Iterable[str], webhook_id: str, timestamp: int, body: bytes) -> str:
    """`webhook-signature`: one `v1,<base64>` for each secret, so that a receiver may know the old one or the new."""
    signed = f"{webhook_id}.{timestamp}.".encode() + body
    digests = (hmac.digest(secret_bytes(secret), signed, sha256) for secret in secrets)
    return " ".join(f"v1,{base64.b64encode(digest).decode()}" for digest in digests)
