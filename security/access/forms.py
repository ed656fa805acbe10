"""The log-in form, and the admin's form of a token."""

from math import ceil
from typing import Any

from django.contrib.auth.forms import AuthenticationForm
from django.core.exceptions import ValidationError
from django.forms import ModelForm, MultipleChoiceField
from unfold.widgets import UnfoldAdminSelect2MultipleWidget

from opsportal.addresses import client_address
from security.access.models import ApiToken
from security.access.queries import permissions_by_name
from security.access.roles import PEOPLE_APPS
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


def _scopes() -> list[tuple[str, str]]:
    return [(name, name) for name in sorted(permissions_by_name()) if name.partition(".")[0] not in PEOPLE_APPS]


class TokenForm(ModelForm):  # type: ignore[type-arg] # not subscriptable at run time
    scopes = MultipleChoiceField(
        choices=_scopes,
        required=False,
        widget=UnfoldAdminSelect2MultipleWidget,
        help_text=ApiToken._meta.get_field("scopes").help_text,
    )

    class Meta:
        model = ApiToken
        fields = ["user", "name", "scopes", "expires_at"]
