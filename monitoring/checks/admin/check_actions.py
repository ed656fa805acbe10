"""What can be done with checks from their list and their page."""

from datetime import timedelta

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils import timezone
from unfold.admin import ModelAdmin

from monitoring.checks import actions
from monitoring.checks.models import Check


class CheckActions(ModelAdmin):
    """Run, pause, resume, clone; each needs its permission."""

    actions = ["run_now", "pause_hour", "pause_until_resumed", "resume", "clone"]

    def has_run_permission(self, request: HttpRequest) -> bool:
        return bool(request.user.has_perm("checks.run_check"))

    @admin.action(description="Run now", permissions=["run"])
    def run_now(self, request: HttpRequest, queryset: QuerySet[Check]) -> None:
        chosen = list(queryset)
        due = actions.checks_run_now(checks=chosen, by=actions.person_of(request))
        left_out = len(chosen) - due
        self._say(request, f"{due} due now" + (f"; {left_out} disabled or paused" if left_out else "") + ".")

    @admin.action(description="Pause for 1 hour", permissions=["run"])
    def pause_hour(self, request: HttpRequest, queryset: QuerySet[Check]) -> None:
        until = timezone.now() + timedelta(hours=1)
        count = actions.checks_pause(checks=queryset, until=until, by=actions.person_of(request))
        self._say(request, f"{count} paused until {until:%H:%M %Z}.")

    @admin.action(description="Pause until resumed", permissions=["run"])
    def pause_until_resumed(self, request: HttpRequest, queryset: QuerySet[Check]) -> None:
        count = actions.checks_pause(checks=queryset, until=None, by=actions.person_of(request))
        self._say(request, f"{count} paused.")

    @admin.action(description="Resume", permissions=["run"])
    def resume(self, request: HttpRequest, queryset: QuerySet[Check]) -> None:
        self._say(request, f"{actions.checks_resume(checks=queryset, by=actions.person_of(request))} resumed.")

    @admin.action(description="Clone", permissions=["add"])
    def clone(self, request: HttpRequest, queryset: QuerySet[Check]) -> None:
        copies = [actions.check_clone(check=check, by=actions.person_of(request)) for check in queryset]
        self._say(request, f"{len(copies)} cloned; the copies are switched off.")

    def _say(self, request: HttpRequest, words: str) -> None:
        self.message_user(request, words, messages.SUCCESS)
