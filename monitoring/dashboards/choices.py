"""The words of the pages."""

from django.db import models


class Density(models.TextChoices):
    """How much room a service gets on the overview."""

    COMFORTABLE = "comfortable", "Comfortable"
    COMPACT = "compact", "Compact"
    WALL = "wall", "Wall"

    @property
    def page_size(self) -> int:
        """Rows a page. A wall shows tiles without strips, so it holds more."""
        return 200 if self is Density.WALL else 50
