"""Probes: one file a kind. The contract is `base`, the list is `registry`."""
