"""PromQL over any store: parsing, evaluation and the errors in Prometheus's words. Free of Django; numpy does the arithmetic."""
