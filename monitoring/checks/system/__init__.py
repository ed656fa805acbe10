"""Readings of the machine this process runs on, shared by the `system` probe and the agent. No ORM, no network."""
