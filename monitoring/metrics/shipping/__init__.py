"""Samples to other systems by Prometheus remote write: queued in the transaction that stored them, sent in order, as often as it takes."""
