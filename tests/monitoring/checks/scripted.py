"""A probe that does what a test tells it, registered beside the real kinds."""

from collections.abc import Callable, Iterator
from typing import Any, ClassVar

import pytest
from django import forms

from monitoring.checks.choices import Cause, Status
from monitoring.checks.probes import registry
from monitoring.checks.probes.base import Context, Probe, ProbeForm, Result, Unit, Value

Script = Callable[[Context], Any]


class ScriptedProbe(Probe):
    """Settings: `name` of the script to run."""

    kind = "scripted"
    description = "Runs a function of the test."
    values = {"answer_seconds": Value("Answer", Unit.SECONDS)}
    scripts: ClassVar[dict[str, Script]] = {}

    class SettingsForm(ProbeForm):
        name = forms.CharField()

    async def run(self, context: Context) -> Result:
        said = self.scripts[self.settings["name"]](context)
        result: Result = await said if hasattr(said, "__await__") else said
        return result


def up(_: Context) -> Result:
    return Result(Status.UP, "All well", values={"answer_seconds": 0.25})


def down(_: Context) -> Result:
    return Result(Status.DOWN, "Nobody answers", Cause.REFUSED, evidence={"port": 80})


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Script]]:
    """The scripts by name; `up` and `down` are there."""
    monkeypatch.setitem(registry.PROBES, "scripted", f"{__name__}.ScriptedProbe")
    registry.probe_class.cache_clear()
    ScriptedProbe.scripts = {"up": up, "down": down}
    yield ScriptedProbe.scripts
    registry.probe_class.cache_clear()
