"""How often a password may be tried. Counted in Valkey; without Valkey nobody is held up, and the log says so."""

import hashlib
import logging
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

# Many people may share one address (an office); one address may not try every account.
TRIES_OF_ADDRESS = 20

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class LoginTries:
    """The tries of one account from one address. The account need not exist, so nothing tells which ones do."""

    username: str
    address: str

    def take(self) -> int:
        """Count a try before its password is looked at: 0 when it may go on, else the seconds to wait."""
        limits = {self._account_key: settings.LOGIN_TRIES, self._address_key: settings.LOGIN_TRIES * TRIES_OF_ADDRESS}
        try:
            return max(_take(key, most) for key, most in limits.items())
        except (RedisError, OSError, ValueError) as error:
            log.warning("Log-ins are not throttled: Valkey does not answer (%s).", type(error).__name__)
            return 0

    def forget(self) -> None:
        """The password was right: its account starts anew."""
        try:
            cache.delete(self._account_key)
        except (RedisError, OSError) as error:
            log.warning("Tries to log in stay counted: Valkey does not answer (%s).", type(error).__name__)

    @property
    def _account_key(self) -> str:
        return f"login:{_digest(f'{self.username.casefold()}|{self.address}')}"

    @property
    def _address_key(self) -> str:
        return f"login-address:{_digest(self.address)}"


def _take(key: str, most: int) -> int:
    cache.add(key, 0, timeout=settings.LOGIN_PAUSE_S)
    if cache.incr(key) <= most:
        return 0
    left_s: int | None = cache.ttl(key)  # type: ignore[attr-defined] # django-redis adds it
    return left_s or settings.LOGIN_PAUSE_S


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:32]
