"""What every address of Alertmanager's API does: who asks, what was asked for, and errors in its form."""

import logging
from collections.abc import Callable
from typing import Any, ClassVar

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import APIException

from alerts.incidents.doors.answers import away, refused, said
from alerts.incidents.doors.errors import BodyError
from alerts.incidents.matching import MatcherError, Matchers, parse_list
from opsportal.api.programs import admitted

log = logging.getLogger(__name__)
METHOD_NOT_ALLOWED = 405


@method_decorator([csrf_exempt, login_not_required], name="dispatch")
class AlertmanagerDoor(View):
    """One address. A subclass says `permissions` by method, and has a method `answer_<method>` for each."""

    permissions: ClassVar[dict[str, str]] = {"GET": "incidents.view_alert"}

    def dispatch(self, request: HttpRequest, *args: Any, **path: Any) -> HttpResponse:
        method = str(request.method)
        if method not in self.permissions:
            allowed = ",".join(self.permissions)
            words = {"code": METHOD_NOT_ALLOWED, "message": f"method {method} is not allowed, but [{allowed}] are"}
            return said(words, METHOD_NOT_ALLOWED, {"Allow": ", ".join(self.permissions)})
        answer: Callable[..., HttpResponse] = getattr(self, f"answer_{method.lower()}")
        try:
            request.user = admitted(request, self.permissions[method])
            return answer(request, **path)
        except (BodyError, APIException) as error:
            return refused(error)
        except ValidationError as error:
            return said(" ".join(error.messages), 400)
        except (OperationalError, InterfaceError):
            return away()


def matchers_of(request: HttpRequest) -> Matchers:
    """Those of `filter`, which may come again and again. Raises BodyError in Alertmanager's words."""
    found: list[Any] = []
    for text in request.GET.getlist("filter"):
        try:
            found += parse_list(text)
        except MatcherError:
            raise BodyError(400, f"bad matcher format: {text[:200]}") from None
    return tuple(found)


def flag(request: HttpRequest, name: str) -> bool:
    """A parameter that is true unless told. Raises BodyError."""
    text = request.GET.get(name, "true")
    if text not in ("true", "false", "1", "0"):
        message = f"{name} in query must be of type boolean: {text[:40]!r}"
        raise BodyError(422, {"code": 601, "message": message})
    return text in ("true", "1")
