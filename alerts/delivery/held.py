"""Words of `Delivery.held_by` that are not a throttle's."""

CIRCUIT = "The circuit of its endpoint is open"
