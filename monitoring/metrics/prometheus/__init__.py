"""Prometheus's HTTP API and federation, as Grafana and others ask for them, under `/prometheus/`.

https://prometheus.io/docs/prometheus/latest/querying/api/; words and number formats as Prometheus 2.42 answers them.
"""
