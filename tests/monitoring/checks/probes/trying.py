"""Run a probe once, as the engine would, on settings as a person gives them."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from monitoring.checks.probes.base import Context, Probe, Result
from opsportal.kinds import clean_settings

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
SHORT_S = 0.3  # of a peer that hangs


def probe_of(probe: type[Probe], **settings: Any) -> Probe:
    return probe(clean_settings(probe.SettingsForm, settings))


async def run(
    probe: Probe, *, timeout_s: float = 8, memory: Mapping[str, Any] | None = None, now: datetime = NOW, **context: Any
) -> Result:
    """One run, which has to end by itself: the bound is far past the probe's own deadline."""
    async with asyncio.timeout(timeout_s + 10):
        return await probe.run(Context(now=now, timeout_s=timeout_s, memory=memory or {}, **context))
