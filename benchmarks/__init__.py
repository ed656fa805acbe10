"""Benchmarks: each prints its figures against their goals and fails if one is short of it (`make bench`)."""
