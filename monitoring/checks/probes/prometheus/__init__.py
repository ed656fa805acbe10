"""The `prometheus` kind; the probe is in `probe.py`."""

from monitoring.checks.probes.prometheus.probe import PrometheusProbe

__all__ = ["PrometheusProbe"]
