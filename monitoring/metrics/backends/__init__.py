"""Where samples are asked for: this portal's own store, or another system that speaks PromQL."""
