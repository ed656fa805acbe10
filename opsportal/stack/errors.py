"""What keeps the portal from starting, in words for the person who typed the command."""


class StackError(Exception):
    """Printed as it is, without a traceback: says what is wrong and what to do."""
