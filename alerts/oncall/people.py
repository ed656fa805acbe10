"""What people are called."""

from security.access.models import User


def name_of(user: User) -> str:
    """The full name, or the user name of somebody without one."""
    return user.get_full_name() or user.get_username()
