"""Samples as text: the exposition formats of Prometheus (0.0.4) and OpenMetrics 1.0, read and written."""
