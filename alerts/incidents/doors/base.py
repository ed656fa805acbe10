"""What every door that takes posts does: errors in its own form, and nothing that ends in a 500 for what was sent."""

import logging
from typing import Any, ClassVar

from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import ValidationError
from django.db import DatabaseError, DataError, InterfaceError
from django.http import HttpRequest, HttpResponse
from django.utils.decorators import method_decorator
from django.views import View
from django.views.decorators.csrf import csrf_exempt
from rest_framework.exceptions import APIException

from alerts.incidents.doors.answers import away, refused, said
from alerts.incidents.doors.errors import BodyError
from alerts.incidents.doors.once import REPLAYED, Done
from opsportal.measures import counter

log = logging.getLogger(__name__)
MOST_BYTES = 1_000_000
REFUSED = counter("opsportal_alerts_refused_total", "Alerts refused, by door.", ("door",))


@method_decorator([csrf_exempt, login_not_required], name="dispatch")
class PostDoor(View):
    """One address that takes POST only."""

    name: ClassVar[str]  # in the measures

    def take(self, request: HttpRequest, **path: Any) -> Done:
        """Store what is sent. Raises BodyError or APIException."""
        raise NotImplementedError

    def put(self, error: BodyError) -> BodyError:
        """A refusal in the dialect of this door."""
        return BodyError(error.status, {"error": error.body}, error.headers) if isinstance(error.body, str) else error

    def dispatch(self, request: HttpRequest, *args: Any, **path: Any) -> HttpResponse:
        try:
            if request.method != "POST":
                raise BodyError(405, "use POST", {"Allow": "POST"})
            done = self.take(request, **path)
            return said(done.body, done.status, REPLAYED if done.again else None)
        except BodyError as error:
            REFUSED.add(1, self.name)
            return refused(self.put(error))
        except APIException as error:
            return refused(error)
        except (ValidationError, DataError) as error:
            log.warning("%s: what was sent cannot be stored: %s", self.name, type(error).__name__)
            REFUSED.add(1, self.name)
            return refused(self.put(BodyError(400, "it holds something that cannot be stored")))
        except (DatabaseError, InterfaceError) as error:
            log.warning("%s: not stored, PostgreSQL said %s", self.name, type(error).__name__)
            return away()
