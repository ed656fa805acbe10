"""The channels of NOTIFY of this room."""

DUE = "rules_due"
