"""One remote-write request, and what its answer means."""

from dataclasses import dataclass
from enum import Enum
from typing import Any

from monitoring.metrics.shipping.encoding import HEADERS
from monitoring.metrics.shipping.models import Auth
from opsportal.crypto import seal, unseal
from opsportal.http import BasicAuth, BearerAuth, HttpError, Request, Response, Zone, fetch

TIMEOUT_S = 15.0
LONGEST_WAIT_S = 60.0
MOST_ANSWER_BYTES = 4_096
# What the receiver will not take however often it is sent; everything else may be mended on its side or in the settings.
REFUSED_FOR_GOOD = frozenset({400, 409, 413, 422})


class Fate(Enum):
    TAKEN = "taken"
    REFUSED = "refused"  # for good
    LATER = "later"


@dataclass(frozen=True, slots=True)
class Answer:
    """What became of a request; `wait_s` is what the receiver asked for, 0 if nothing."""

    fate: Fate
    words: str = ""
    wait_s: float = 0.0


def request_of(destination: dict[str, Any]) -> Request:
    """The request of a destination, without its body. Raises SealBrokenError."""
    secret = unseal(destination["sealed_secret"]).get("secret", "")
    auth: BasicAuth | BearerAuth | None = None
    if destination["auth"] == Auth.BASIC:
        auth = BasicAuth(destination["username"], secret)
    elif destination["auth"] == Auth.BEARER:
        auth = BearerAuth(secret)
    return Request(
        destination["url"],
        method="POST",
        headers=HEADERS,
        auth=auth,
        timeout_s=TIMEOUT_S,
        max_bytes=MOST_ANSWER_BYTES,
        secrets=(secret,) if secret else (),
    )


def backend_values(url: str) -> dict[str, str]:
    """The destination that METRICS_BACKEND names."""
    from monitoring.metrics.backends.prometheus import Prometheus

    system = Prometheus(url)
    match system.auth:
        case BasicAuth(user, password):
            auth, username, secret = Auth.BASIC, user, password
        case BearerAuth(token):
            auth, username, secret = Auth.BEARER, "", token
        case _:
            auth, username, secret = Auth.NONE, "", ""
    sealed = seal({"secret": secret} if secret else {})
    return {"url": system.write_url, "auth": auth.value, "username": username, "sealed": sealed}


async def send(request: Request) -> Answer:
    """Send one request; never raises for a fault of the receiver's or of the way to it."""
    try:
        response = await fetch(request, zone=Zone.CHECKS)
    except HttpError as error:
        return Answer(Fate.LATER, str(error))
    if 200 <= response.status < 300:
        return Answer(Fate.TAKEN)
    words = f"HTTP {response.status}: {response.body[:300].decode(errors='replace').strip()}".rstrip(": ")
    fate = Fate.REFUSED if response.status in REFUSED_FOR_GOOD else Fate.LATER
    return Answer(fate, words, _asked_wait_s(response))


def _asked_wait_s(response: Response) -> float:
    text = response.headers.get("retry-after", "")
    return min(float(text), LONGEST_WAIT_S) if text.isdecimal() else 0.0


def pause_s(failures: int, asked_s: float) -> float:
    """Seconds until the next attempt after so many failures in a row: 1, 2, 4 … 60, and never less than asked for."""
    return max(min(2.0 ** min(failures, 10), LONGEST_WAIT_S), asked_s)
