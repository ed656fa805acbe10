"""Doors through which others push samples: Prometheus remote write, plain text and JSON, OTLP."""
