"""Fixtures of this room: a world with one receiver that is told once per incident, and one that is told as Alertmanager tells."""

import pytest

from alerts.delivery.models import Channel
from tests.alerts.incidents.world import World, channel_made, receiver_made, root_made


@pytest.fixture
def world(db: None) -> World:
    """Without receivers and routes."""
    return World()


@pytest.fixture
def hook(db: None) -> Channel:
    """Of the root's receiver: told once per incident."""
    channel = channel_made()
    root_made(receiver_made("Everybody", channel))
    return channel


@pytest.fixture
def plain_hook(db: None) -> Channel:
    """Of the root's receiver: told of each group, as Alertmanager does."""
    channel = channel_made()
    root_made(receiver_made("Everybody", channel, per_incident=False))
    return channel
