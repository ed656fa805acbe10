"""Opsportal: one operations portal for a team that runs a web product."""
