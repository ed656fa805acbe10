"""People in tests: who they are and what they may do. Every access test asks one of them."""

ADA = "ada"  # Administrator
OTTO = "otto"  # Operator
VERA = "vera"  # Viewer
MALLORY = "mallory"  # logged in, no role
