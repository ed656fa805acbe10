"""Whether a call comes from the provider it says it comes from. Pure."""

import base64
import hmac
from collections.abc import Iterable
from hashlib import sha1, sha256

SLACK_WINDOW_S = 300


def slack_signed(secret: str, timestamp: str, signature: str, body: bytes, now_s: float) -> bool:
    """`X-Slack-Signature` v0: within five minutes, in constant time.

    https://docs.slack.dev/authentication/verifying-requests-from-slack
    """
    if not secret or not timestamp.isascii() or not timestamp.isdigit() or abs(now_s - int(timestamp)) > SLACK_WINDOW_S:
        return False
    right = "v0=" + hmac.new(secret.encode(), f"v0:{timestamp}:".encode() + body, sha256).hexdigest()
    return hmac.compare_digest(right.encode(), signature.encode("utf-8", "surrogateescape"))


def twilio_signed(token: str, url: str, params: Iterable[tuple[str, str]], signature: str) -> bool:
    """`X-Twilio-Signature` (https://www.twilio.com/docs/usage/security): HMAC-SHA1 over the URL and the sorted parameters."""
    if not token or not signature:
        return False
    signed = url + "".join(name + value for name, value in sorted(set(params)))
    right = base64.b64encode(hmac.new(token.encode(), signed.encode("utf-8", "surrogatepass"), sha1).digest())
    return hmac.compare_digest(right, signature.encode("utf-8", "surrogateescape"))
