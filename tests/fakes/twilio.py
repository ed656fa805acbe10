"""A strict fake of Twilio's Messages resource. https://www.twilio.com/docs/messaging/api/message-resource"""

import base64
import hmac
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha1
from typing import Any

from aiohttp import web

ACCOUNT = "AC" + "0123456789abcdef" * 2
TOKEN = "t0ken-of-twilio-account"
NUMBER = "+15005550006"
LONGEST_BODY = 1_600
KNOWN = {"To", "From", "MessagingServiceSid", "Body", "StatusCallback", "ValidityPeriod"}


@dataclass
class FakeTwilio:
    """`stopped`: numbers that answered STOP. `errors`: (status, code) answered instead, one a request."""

    stopped: set[str] = field(default_factory=set)
    errors: list[tuple[int, int]] = field(default_factory=list)
    kept: list[dict[str, Any]] = field(default_factory=list)
    rejected: list[str] = field(default_factory=list)

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_post(f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json", self._create)
        return application

    async def _create(self, request: web.Request) -> web.Response:
        right = "Basic " + base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
        if request.headers.get("Authorization") != right:
            return problem(401, 20003, "Authenticate")
        if self.errors:
            return problem(*self.errors.pop(0), "said so")
        form = {name: str(value) for name, value in (await request.post()).items()}
        if fault := self._fault(form):
            self.rejected.append(f"{fault}: {form}")
            return problem(400, fault, "A parameter cannot be used")
        sid = f"SM{len(self.kept):032x}"
        self.kept.append({**form, "sid": sid})
        return web.json_response({"sid": sid, "status": "queued", "error_code": None}, status=201)

    def _fault(self, form: Mapping[str, str]) -> int:
        """Twilio's code for what is wrong; 0 when nothing is."""
        if set(form) - KNOWN:
            return 20001
        if not re.fullmatch(r"\+[1-9]\d{6,14}", form.get("To", "")):
            return 21211
        if ("From" in form) == ("MessagingServiceSid" in form) or form.get("From", NUMBER) != NUMBER:
            return 21603
        if form["To"] in self.stopped:
            return 21610
        body = form.get("Body", "")
        if not body.strip():
            return 21602
        if len(body.encode("utf-16-le")) // 2 > LONGEST_BODY or "\x00" in body:
            return 21617
        valid = form.get("ValidityPeriod", "14400")
        return 0 if valid.isdigit() and 1 <= int(valid) <= 36_000 else 21619


def problem(status: int, code: int, message: str) -> web.Response:
    """An error as Twilio words it."""
    info = f"https://www.twilio.com/docs/errors/{code}"
    return web.json_response({"code": code, "message": message, "more_info": info, "status": status}, status=status)


def signature(url: str, params: Mapping[str, str], token: str = TOKEN) -> str:
    """`X-Twilio-Signature` of a callback."""
    signed = url + "".join(name + params[name] for name in sorted(params))
    return base64.b64encode(hmac.new(token.encode(), signed.encode(), sha1).digest()).decode()
