"""YAML text to its nodes, which know their lines, and to plain data: read once, by libyaml where it is there; pure.

A file may be small and still say a lot: an alias stands for all it names, so aliases of aliases grow like powers.
"""

from typing import Any

import yaml

MOST_NODES = 5_000_000
DEEPEST = 100
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class UnreadableError(Exception):
    """The text is no YAML, or says more than anybody would write. `line` is None where that has no place."""

    def __init__(self, words: str, line: int | None = None) -> None:
        super().__init__(words)
        self.line = line


def load(text: str) -> tuple[yaml.Node | None, Any]:
    """The root node (None of an empty file) and what it stands for. Raises UnreadableError."""
    loader = None
    try:
        _refuse_depth(text)
        loader = LOADER(text)
        node = loader.get_single_node()
        if node is None:
            return None, None
        if weight(node, {}) > MOST_NODES:
            raise UnreadableError(f"With its aliases written out this is more than {MOST_NODES:,} entries.")
        return node, loader.construct_document(node)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        words = f"Not valid YAML: {getattr(error, 'problem', None) or type(error).__name__}."
        raise UnreadableError(words, mark.line + 1 if mark else None) from None
    except ValueError as error:
        raise UnreadableError(f"A number or a date in it cannot be: {error}.") from None
    finally:
        if loader is not None:
            loader.dispose()


def _refuse_depth(text: str) -> None:
    """libyaml calls itself for each level when it composes, and has no bound but the stack's."""
    depth = 0
    for event in yaml.parse(text, Loader=LOADER):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST:
            line = event.start_mark.line + 1 if event.start_mark else None
            raise UnreadableError(f"This is nested more than {DEEPEST} levels deep.", line)


def weight(node: yaml.Node, known: dict[int, int]) -> int:
    """How many nodes this one stands for with every alias written out. An entry that holds itself is more than any file."""
    if id(node) not in known:
        known[id(node)] = MOST_NODES  # while it is being weighed: only an alias to an entry around it finds this
        known[id(node)] = 1 + sum(weight(part, known) for part in _parts(node))
    return known[id(node)]


def _parts(node: yaml.Node) -> list[yaml.Node]:
    if isinstance(node, yaml.MappingNode):
        return [part for pair in node.value for part in pair]
    return list(node.value) if isinstance(node, yaml.SequenceNode) else []
