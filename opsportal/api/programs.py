"""Who a program is, at the addresses whose answers have a form of their own (Prometheus's, `/metrics`): no Django REST framework view
stands there, but its ways to log in do."""

from functools import cache
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils.module_loading import import_string
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed, NotAuthenticated, PermissionDenied
from rest_framework.parsers import FormParser, MultiPartParser
from rest_framework.request import Request

FORMS = [FormParser(), MultiPartParser()]  # the CSRF token of a session may be a field


def admitted(request: HttpRequest, permission: str) -> Any:
    """The person of the request's token, basic authentication or session, who holds `permission` ("": any person).

    The view must be exempt from CSRF and from the log-in: a session's unsafe methods need their CSRF token here too.
    Raises NotAuthenticated or AuthenticationFailed with `auth_header`, the value of WWW-Authenticate; PermissionDenied.
    """
    asked = Request(request, parsers=FORMS)
    for way in ways():
        try:
            found = way.authenticate(asked)
        except AuthenticationFailed as error:
            raise _with_header(error, asked) from None
        if found is not None:
            person: Any = found[0]
            if permission and not person.has_perm(permission):
                raise PermissionDenied(f"This needs the permission {permission}.")
            return person
    raise _with_header(NotAuthenticated(), asked)


@cache
def ways() -> tuple[BaseAuthentication, ...]:
    """Made once: they keep nothing of a request."""
    return tuple(import_string(path)() for path in settings.PROGRAM_AUTHENTICATION)


def _with_header(error: Any, asked: Request) -> Any:
    error.auth_header = ways()[0].authenticate_header(asked)
    return error
