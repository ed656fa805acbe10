"""What is wrong with a page of samples."""


class LineError(ValueError):
    """What is wrong with a line, in words that follow its number: "has no value"."""


class ExpositionError(ValueError):
    """A page that cannot be taken. `line` counts from 1; 0: it is about the page."""

    def __init__(self, line: int, words: str) -> None:
        super().__init__(f"line {line} {words}" if line else words)
        self.line = line
