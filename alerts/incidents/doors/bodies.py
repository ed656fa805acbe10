"""Bodies of requests, of bounded length."""

from django.core.exceptions import RequestDataTooBig
from django.http import HttpRequest
from django.http.request import UnreadablePostError

from alerts.incidents.doors.errors import BodyError


def read_at_most(request: HttpRequest, most_bytes: int) -> bytes:
    """The body as sent. Raises BodyError: 413 for a longer one, 400 for one that breaks off."""
    try:
        body = request.read(most_bytes + 1)
    except (UnreadablePostError, RequestDataTooBig):
        raise BodyError(400, "the body cannot be read") from None
    if len(body) > most_bytes:
        raise BodyError(413, f"the body is larger than {most_bytes} bytes")
    return bytes(body)
