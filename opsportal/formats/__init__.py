"""How dates are written on every page: as ISO 8601 does, for they are compared with those of logs."""
