"""How programs say who they are: `Authorization: Bearer ops_…`, and for programs that know no better, basic authentication."""

import base64

from django.utils import timezone
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from security.access import tokens
from security.access.actions import api_token_used
from security.access.models import ApiToken, User

REFUSED = "The token is not known, revoked or expired."


class TokenAuthentication(BaseAuthentication):
    """`request.user` is the token's person, limited to its scopes; `request.auth` is the ApiToken."""

    def authenticate(self, request: Request) -> tuple[User, ApiToken] | None:
        scheme, _, rest = get_authorization_header(request).decode("latin-1").partition(" ")
        text = self.token_in(scheme.lower(), rest.strip())
        if text is None:
            return None
        if not tokens.is_token(text):
            raise AuthenticationFailed(REFUSED)
        now = timezone.now()
        usable = ApiToken.objects.usable(now).select_related("user")
        token: ApiToken | None = usable.filter(digest=tokens.digest(text)).first()
        if token is None:
            raise AuthenticationFailed(REFUSED)
        api_token_used(token=token, now=now)
        if token.scopes:
            token.user.limited_to = frozenset(token.scopes)
        return token.user, token

    def token_in(self, scheme: str, rest: str) -> str | None:
        """What is said to be a token in an Authorization header of that scheme; None: the header is not for us."""
        return rest if scheme == "bearer" else None

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="opsportal"'


class BasicTokenAuthentication(TokenAuthentication):
    """The same, or basic authentication (RFC 7617) with the token as the password and any user name.

    For Prometheus, Grafana, vmagent and the like. The password of a person is never taken.
    """

    def token_in(self, scheme: str, rest: str) -> str | None:
        if scheme != "basic":
            return super().token_in(scheme, rest)
        try:
            _, _, password = base64.b64decode(rest, validate=True).decode("utf-8").partition(":")
        except ValueError:
            raise AuthenticationFailed(
                "The credentials of the basic authentication are not base64 of user:token."
            ) from None
        return password

    def authenticate_header(self, request: Request) -> str:
        """A page's script is not offered basic authentication: the browser would ask its reader for a password."""
        bearer = super().authenticate_header(request)
        from_a_script = request.META.get("HTTP_SEC_FETCH_MODE", "navigate") != "navigate"
        return bearer if from_a_script else f'{bearer}, Basic realm="opsportal", charset="UTF-8"'
