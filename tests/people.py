"""People in tests: who they are and what they may do. Every access test asks one of them."""

from security.access.actions import user_create
from security.access.models import User
from security.access.roles import ADMINISTRATOR, OPERATOR, VIEWER

ADA = "ada"  # Administrator
OTTO = "otto"  # Operator
VERA = "vera"  # Viewer
MALLORY = "mallory"  # logged in, no role

ROLES: dict[str, list[str]] = {ADA: [ADMINISTRATOR], OTTO: [OPERATOR], VERA: [VIEWER], MALLORY: []}
PASSWORD = "correct horse battery staple"


def person(name: str) -> User:
    """The account of `name` with its role; its password is PASSWORD."""
    return user_create(username=name, password=PASSWORD, roles=ROLES[name], email=f"{name}@example.org")
