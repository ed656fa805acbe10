"""Doors that machines knock at: pings of jobs, canary pages."""
