"""How long to wait before a process that died is started again."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Backoff:
    """Twice as long each time up to a cap; a process that ran well for `well_s` has its past forgiven."""

    first_s: float = 0.5
    cap_s: float = 30.0
    well_s: float = 30.0

    def deaths(self, before: int, ran_s: float) -> int:
        """Deaths in a row, this one counted, of a process that died `before` times in a row and now after `ran_s`."""
        return 1 if ran_s >= self.well_s else before + 1

    def delay_s(self, deaths: int) -> float:
        """The wait after `deaths` deaths in a row (1 or more)."""
        return float(min(self.cap_s, self.first_s * 2 ** min(deaths - 1, 30)))
