"""A first look at the text of a query, for an early and clear refusal. What keeps a check from writing is the server, not this. Pure."""

import re

WORDS = ("SELECT", "WITH", "VALUES", "TABLE")
LEADING = re.compile(r"\A(?:\s|--[^\n]*(?:\n|\Z)|/\*.*?\*/|\()*", re.DOTALL)
TRAILING = re.compile(r"[\s;]+\Z")


def one_reading_statement(query: str) -> str:
    """`query` without the semicolon at its end. Raises ValueError unless it begins with SELECT, WITH, VALUES or TABLE."""
    text = TRAILING.sub("", query.strip())
    word = re.match(r"[A-Za-z]+", LEADING.sub("", text, count=1))
    if word is None or word[0].upper() not in WORDS:
        raise ValueError(
            f"Write one statement that begins with {', '.join(WORDS[:-1])} or {WORDS[-1]}; a check only reads."
        )
    return text
