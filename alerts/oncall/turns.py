"""Whose turn it is in round robin steps: a counter for each step of a policy, over all incidents, so that the load is shared fairly."""

from collections.abc import Iterable

from alerts.oncall.models import PolicyStep


class Turns:
    """Holds the counters of some steps until the transaction ends. A step that was taken out of its policy counts within the batch only."""

    def __init__(self, step_ids: Iterable[int]) -> None:
        wanted = set(step_ids)
        self.steps = (
            {step.pk: step for step in PolicyStep.objects.select_for_update().filter(pk__in=wanted).order_by("pk")}
            if wanted
            else {}
        )
        self.gone: dict[int, int] = {}

    def take(self, step_id: int) -> int:
        """The number of the turn, from 0."""
        step = self.steps.get(step_id)
        if step is None:
            self.gone[step_id] = self.gone.get(step_id, -1) + 1
            return self.gone[step_id]
        step.turn += 1
        return step.turn - 1

    def store(self) -> None:
        if self.steps:
            PolicyStep.objects.bulk_update(self.steps.values(), ["turn"])
