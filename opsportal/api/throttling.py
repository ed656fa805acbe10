"""How often one may ask. Counted in Valkey in fixed windows; without Valkey nobody is held up, and the log says so."""

import logging
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.cache import cache
from redis.exceptions import RedisError
from rest_framework.request import Request
from rest_framework.settings import api_settings
from rest_framework.throttling import BaseThrottle

from opsportal.addresses import client_address
from opsportal.env import RATE

if TYPE_CHECKING:  # rest_framework.views itself imports this module, through the settings
    from rest_framework.views import APIView

AWAY_S = 5.0  # how long nobody is counted once Valkey did not answer, so that not every request waits for it
SECONDS = {"second": 1, "minute": 60, "hour": 3600, "day": 86_400}

log = logging.getLogger(__name__)


@dataclass
class Outage:
    until: float = 0.0  # of the monotonic clock


outage = Outage()


def hit(key: str, window_s: int) -> tuple[int, float]:
    """Count one more use of `key` in the current window: (uses so far, seconds left of it). (0, 0.0) without Valkey."""
    if time.monotonic() < outage.until:
        return 0, 0.0
    now = time.time()
    name = f"throttle:{key}:{int(now // window_s)}"
    try:
        cache.add(name, 0, timeout=window_s + 1)
        return cache.incr(name), window_s - now % window_s
    except (RedisError, OSError, ValueError) as error:
        outage.until = time.monotonic() + AWAY_S
        log.warning("Throttling is off for %g s: Valkey does not answer (%s).", AWAY_S, type(error).__name__)
        return 0, 0.0


def parse_rate(rate: str) -> tuple[int, int]:
    """`600/minute` is (600, 60)."""
    match = RATE.fullmatch(rate)
    if match is None:
        raise ValueError(f"{rate!r} is not a rate such as 600/minute.")
    return int(match[1]), SECONDS[match[2]]


class WindowThrottle(BaseThrottle):
    """Holds up who asks more often than `settings.REST_FRAMEWORK["DEFAULT_THROTTLE_RATES"][scope]`."""

    left_s = 0.0

    def scope(self, request: Request, view: "APIView") -> str | None:
        """Which rate applies; None: no limit of this kind."""
        raise NotImplementedError

    def allow_request(self, request: Request, view: "APIView") -> bool:
        scope = self.scope(request, view)
        if scope is None:
            return True
        uses, window_s = parse_rate(str(api_settings.DEFAULT_THROTTLE_RATES[scope]))
        so_far, self.left_s = hit(f"{scope}:{identity(request)}", window_s)
        return so_far <= uses

    def wait(self) -> float:
        return self.left_s + 1


class PersonThrottle(WindowThrottle):
    """Everybody who is known, over all of the API: by account, else by address."""

    def scope(self, request: Request, view: "APIView") -> str | None:
        return "person" if request.user.is_authenticated else "stranger"


class ScopeThrottle(WindowThrottle):
    """Views that cost more name a rate of their own: `throttle_scope = "costly"`."""

    def scope(self, request: Request, view: "APIView") -> str | None:
        return getattr(view, "throttle_scope", None)


def identity(request: Request) -> str:
    """Who asks, for counting."""
    person: Any = request.user
    return f"user:{person.pk}" if person.is_authenticated else f"address:{client_address(request)}"
