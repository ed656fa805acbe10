"""How programs say who they are: `Authorization: Bearer ops_…`."""

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
        scheme, _, text = get_authorization_header(request).decode("latin-1").partition(" ")
        if scheme.lower() != "bearer":
            return None
        if not tokens.is_token(text.strip()):
            raise AuthenticationFailed(REFUSED)
        now = timezone.now()
        usable = ApiToken.objects.usable(now).select_related("user")
        token: ApiToken | None = usable.filter(digest=tokens.digest(text.strip())).first()
        if token is None:
            raise AuthenticationFailed(REFUSED)
        api_token_used(token=token, now=now)
        if token.scopes:
            token.user.limited_to = frozenset(token.scopes)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="opsportal"'
