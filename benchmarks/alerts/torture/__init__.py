"""Alerts through a portal whose processes are killed all the while, and what became of each."""
