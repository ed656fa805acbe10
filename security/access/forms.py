"""The log-in form."""

from math import ceil
from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError

from opsportal.addresses import client_address
from security.access.throttle import LoginTries

THROTTLED = "throttled"


class LoginForm(AuthenticationForm):
    """Counts the tries. `wait_s` is set when there were too many; the password is not looked at then."""

    error_messages = AuthenticationForm.error_messages | {
        "invalid_login": "This username and password do not belong together. Mind capital letters."
    }
    wait_s = 0

    def clean(self) -> dict[str, Any]:
        tries = LoginTries(self.cleaned_data.get("username", ""), client_address(self.request) if self.request else "")
        self.wait_s = tries.take()
        if self.wait_s:
            minutes = ceil(self.wait_s / 60)
            raise ValidationError(
                f"Too many tries. Wait {minutes} minute{'s' if minutes > 1 else ''}, then try again.", code=THROTTLED
            )
        cleaned = super().clean()
        if self.get_user() is not None:
            tries.forget()
        return cleaned
