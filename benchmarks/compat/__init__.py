"""Our PromQL beside Debian's Prometheus, on the same samples: `make compat-promql`."""
