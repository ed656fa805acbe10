"""Forms of this room's admin and pages. They validate by the very action that will store them."""
