"""Text of a query without its literals, so that evidence never holds people's data. Pure."""

import re

LONGEST = 200
# Order matters: what quotes must be known before what may be quoted. A text cut off in a literal loses all of its end.
TOKENS = re.compile(
    r"""
    (?P<comment> --[^\n]* | /\*.*?(?:\*/|\Z) )
  | (?P<identifier> "(?:[^"]|"")*(?:"|\Z) )
  | (?P<dollar> \$(?P<tag>[A-Za-z_]\w*|)\$.*?(?:\$(?P=tag)\$|\Z) )
  | (?P<escaped> \b[eE]'(?:\\.|''|[^'\\])*(?:'|\Z) )
  | (?P<string> (?:\b(?:[bBxXnN]|[uU]&))?'(?:''|[^'])*(?:'|\Z) )
  | (?P<parameter> \$\d+ )
  | (?P<word> [^\W\d]\w* )
  | (?P<number> \d[\d_.]*(?:[eE][+-]?\d+)?\w* )
    """,
    re.VERBOSE | re.DOTALL,
)
KEPT = ("identifier", "parameter", "word")


def without_literals(query: str | None) -> str:
    """The first 200 characters of `query` with literals as ?, without comments, on one line."""

    def shown(match: re.Match[str]) -> str:
        if match["comment"] is not None:
            return " "
        return match[0] if any(match[kind] is not None for kind in KEPT) else "?"

    return " ".join(TOKENS.sub(shown, query or "").split())[:LONGEST]
