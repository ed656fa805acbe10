"""Due steps, done for a batch of escalations at once: whom they tell, where the escalations stand then, and when they go on."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from django.db import transaction

from alerts.oncall.choices import EscalationState, StepOutcome, TargetKind
from alerts.oncall.claiming import Claimed, claim_due, move, reached
from alerts.oncall.directory import Group, Outlet
from alerts.oncall.escalation import (
    Do,
    LapDone,
    LapEnd,
    Skip,
    StepPlan,
    TargetPlan,
    after_lap,
    after_skip,
    after_step,
    in_turn,
    look,
)
from alerts.oncall.last_resort import tell_last_resort
from alerts.oncall.telling import Person, Telling
from alerts.oncall.turns import Turns
from monitoring.events.choices import Severity

NOBODY_IN: dict[str, str] = {
    TargetKind.USER: "there is no account {}",
    TargetKind.SCHEDULE: "nobody is on call in {}",
    TargetKind.TEAM: "nobody is in team {}",
}


@transaction.atomic
def steps_do(now: datetime, limit: int) -> int:
    """Do the steps that are due, of at most so many escalations; of how many."""
    claimed = claim_due(now, limit)
    if claimed:
        Stepping(claimed, now).run()
    return len(claimed)


@dataclass(slots=True)
class Stepping:
    """One batch. Its escalations go through their steps in rounds, so that what targets stand for is read for all of them together."""

    claimed: list[Claimed]
    now: datetime
    telling: Telling = field(init=False)
    turns: Turns = field(init=False)
    lost: list[Claimed] = field(init=False, default_factory=list)

    def __post_init__(self) -> None:
        self.telling = Telling.about(self.claimed, self.now)
        self.turns = Turns(step.id for one in self.claimed for step in one.plan.steps if step.round_robin)

    def run(self) -> None:
        ended = [one for one in self.claimed if one.place.step >= len(one.plan.steps)]
        through = reached([one for one in ended if one.place.told])
        for one in ended:
            self._end_lap(one, reached=one.id in through)
        going = [one for one in self.claimed if one not in ended]
        while going:
            decided = [(one, look(one.plan, one.place, one.severity, self.now)) for one in going]
            self.telling.directory.load(
                target for _, what in decided if isinstance(what, Do) for target in what.step.targets
            )
            going = [one for one, what in decided if self._goes_on(one, what)]
        tell_last_resort(self.telling, self.lost)
        self.turns.store()
        self.telling.store()
        move(self.claimed)

    def _goes_on(self, one: Claimed, what: Do | Skip | LapDone) -> bool:
        """Do what is due; whether the next step follows at once."""
        match what:
            case Skip():
                self.telling.note(one, StepOutcome.SKIPPED, f"{_named(one)} was skipped: {what.reason}.")
                one.place = after_skip(one.place)
                return True
            case Do():
                told = self._do(one, what.step)
                one.place, one.next_at = after_step(one.plan, one.place, told=told, now=self.now)
                return not told
        if one.place.told:  # whether anybody was reached is looked up in the next batch
            one.next_at = self.now
        else:
            self._end_lap(one, reached=False)
        return False

    def _do(self, one: Claimed, step: StepPlan) -> bool:
        """Tell the step's targets; whether there was anybody."""
        faults = {target: self._fault(one, target) for target in step.targets}
        viable = [target for target, fault in faults.items() if not fault]
        missing = [fault for fault in faults.values() if fault]
        if not viable:
            words = f"{_named(one)}: nobody to tell ({', '.join(missing) or 'it names nobody'}); the next one follows at once."
            self.telling.note(one, StepOutcome.EMPTY, words, [_described(*pair) for pair in faults.items()])
            self.telling.warn(one, words)
            return False
        chosen = [in_turn(viable, self.turns.take(step.id))] if step.round_robin else viable
        told = self._tell(one, step, chosen)
        words = f"{_named(one)} told {', '.join(told)}." + (f" Not told: {', '.join(missing)}." if missing else "")
        left_out = {target: "it was another one's turn" for target in viable if target not in chosen}
        described = [_described(target, fault or left_out.get(target, "")) for target, fault in faults.items()]
        self.telling.note(one, StepOutcome.TOLD, words, described)
        if missing:
            self.telling.warn(one, words, Severity.ERROR)
        return True

    def _fault(self, one: Claimed, target: TargetPlan) -> str:
        """Why nobody of a target can be told; empty: somebody can."""
        whom = self.telling.directory.targets[target]
        if isinstance(whom, Outlet):
            return f"channel {target.name}: {whom.fault}" if whom.fault else ""
        if any(self.telling.ways_to(user_id, one.urgency) for user_id in whom.user_ids):
            return ""
        if not whom.user_ids:
            return NOBODY_IN[target.kind].format(target.name)
        return ", ".join(self.telling.why_not(user_id) for user_id in whom.user_ids)

    def _tell(self, one: Claimed, step: StepPlan, targets: list[TargetPlan]) -> list[str]:
        """Each person once, by whatever target they are meant; names of who was told."""
        people: dict[int, list[str]] = {}
        told, place, reason = [], f"s{one.place.step + 1}", f"{_named(one).lower()} of policy {one.plan.policy}"
        for target in targets:
            whom = self.telling.directory.targets[target]
            if isinstance(whom, Group):
                for user_id in whom.user_ids:
                    people.setdefault(user_id, []).append(whom.words)
            else:
                key = f"{one.prefix}/{place}/channel:{whom.id}"
                told.append(f"channel {whom.name}{self.telling.say(one, key, f'channel of {reason}', whom)}")
        for user_id, groups in people.items():
            words = " and ".join(dict.fromkeys(groups)) + (", in turn" if step.round_robin else "")
            if by := self.telling.tell_person(one, Person(user_id, words), reason, place):
                told.append(f"{self.telling.directory.names[user_id]} ({words}, {'; '.join(by)})")
        return told

    def _end_lap(self, one: Claimed, *, reached: bool) -> None:
        end: LapEnd = after_lap(one.plan, one.place, one.severity, self.now, reached=reached)
        if end.last_resort:
            self.lost.append(replace(one))
        if end.nobody_wanted:
            words = f"Policy {one.plan.policy} tells nobody of what is {one.severity}: each of its steps is for worse."
            self.telling.warn(one, words, Severity.WARNING)
        one.next_at = end.next_at
        one.state = EscalationState.RUNNING if end.next_at else EscalationState.EXHAUSTED
        one.place = end.place


def _named(one: Claimed) -> str:
    again = f", round {one.place.lap + 1}" if one.place.lap else ""
    return f"Step {one.place.step + 1}{again}"


def _described(target: TargetPlan, not_told: str) -> dict[str, Any]:
    """For the entry: the target, and why it was not told, if so."""
    return {"kind": target.kind, "slug": target.slug, "name": target.name, "not_told": not_told}
