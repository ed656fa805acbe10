"""What makes incidents of alerts: takes them in, groups them, tells receivers, and wakes what sleeps. One process at a time."""
