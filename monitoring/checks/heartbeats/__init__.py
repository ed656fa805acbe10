"""Pings of jobs: their pairing into runs, the times they are expected at, and what follows for the check."""
