"""People: who may log in."""

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person who may log in. A model of our own from the first day, so that it can grow."""
