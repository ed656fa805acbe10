"""The one outbound door: every HTTP call the portal makes goes through `fetch`.

Deadline, size cap, redirects re-vetted, address policy on the address connected to, secrets out of every error. See
docs/outbound-http.md.
"""

from opsportal.http.certificates import PeerCertificate
from opsportal.http.client import aclose, fetch
from opsportal.http.errors import Fault, HttpError
from opsportal.http.messages import BasicAuth, BearerAuth, Request, Response, Timings
from opsportal.http.policy import Zone
from opsportal.http.redact import scrub, scrub_headers

__all__ = [
    "BasicAuth",
    "BearerAuth",
    "Fault",
    "HttpError",
    "PeerCertificate",
    "Request",
    "Response",
    "Timings",
    "Zone",
    "aclose",
    "fetch",
    "scrub",
    "scrub_headers",
]
