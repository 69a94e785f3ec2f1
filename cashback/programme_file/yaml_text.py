"""YAML as a programme file needs it: text stays text, and every value knows its line.

Ordinary YAML turns `00123` into 83, `10.00` into a float, `NO` into false and `12:30` into 750. Here every scalar is
the text that was written (only null is null) and the typed document decides what it means. Aliases, anchors and tags
are refused: a programme needs none, and they are how a small file becomes a large one.
"""

from dataclasses import dataclass, field
from typing import Any

import yaml

TEXT_MAX = 8 * 1024 * 1024
VALUES_MAX = 100_000
"""Ten thousand shops have fewer."""
DEPTH_MAX = 20

Path = tuple[str | int, ...]


class UnreadableText(Exception):
    """The text is not YAML of this kind; carries the line, counted from 1."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.message = message
        self.line = line


@dataclass(slots=True)
class _Open:
    """A mapping or sequence whose end was not seen yet."""

    value: dict[str, Any] | list[Any]
    path: Path
    key: str | None = None


@dataclass(slots=True)
class Tree:
    """The document as dicts, lists, texts and None, and the line of every value."""

    value: Any = None
    lines: dict[Path, int] = field(default_factory=dict)


def read_tree(text: str) -> Tree:
    """One document; UnreadableText says what is wrong in which line."""
    if len(text) > TEXT_MAX:
        raise UnreadableText(f"the file has {len(text)} characters, expected at most {TEXT_MAX}", 1)
    tree = Tree()
    stack: list[_Open] = []
    documents = 0
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            line = 1 if event.start_mark is None else event.start_mark.line + 1
            if isinstance(event, yaml.DocumentStartEvent):
                documents += 1
                if documents > 1:
                    raise UnreadableText("expected one document, a second one begins here", line)
            elif isinstance(event, yaml.NodeEvent):
                _enter(tree, stack, event, line)
            elif isinstance(event, yaml.CollectionEndEvent):
                stack.pop()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise UnreadableText(f"not YAML: {error.problem or error}", 1 if mark is None else mark.line + 1) from None
    except yaml.YAMLError as error:
        raise UnreadableText(f"not YAML: {error}", 1) from None
    return tree


def _enter(tree: Tree, stack: list[_Open], event: yaml.NodeEvent, line: int) -> None:
    if isinstance(event, yaml.AliasEvent) or event.anchor is not None:
        raise UnreadableText("aliases and anchors are not read: write the value out", line)
    tag = getattr(event, "tag", None)
    if tag is not None:
        raise UnreadableText(f"tags such as {tag} are not read", line)
    if len(stack) >= DEPTH_MAX:
        raise UnreadableText(f"nested deeper than {DEPTH_MAX} levels", line)
    top = stack[-1] if stack else None
    if top is not None and isinstance(top.value, dict) and top.key is None:
        _enter_key(tree, top, event, line)
        return
    value: Any = _scalar(event) if isinstance(event, yaml.ScalarEvent) else {}
    if isinstance(event, yaml.SequenceStartEvent):
        value = []
    path = _place(tree, top, value)
    if len(tree.lines) >= VALUES_MAX:
        raise UnreadableText(f"the file holds more than {VALUES_MAX:,} values, expected fewer", line)
    tree.lines[path] = line
    if isinstance(value, dict | list):
        stack.append(_Open(value, path))


def _enter_key(tree: Tree, top: _Open, event: yaml.NodeEvent, line: int) -> None:
    assert isinstance(top.value, dict)
    if not isinstance(event, yaml.ScalarEvent):
        raise UnreadableText("expected a field's name, got a mapping or a list", line)
    if event.value in top.value:
        first = tree.lines[(*top.path, event.value)]
        raise UnreadableText(f"the field {event.value!r} is written twice, first in line {first}", line)
    top.key = event.value


def _place(tree: Tree, top: _Open | None, value: Any) -> Path:
    if top is None:
        tree.value = value
        return ()
    if isinstance(top.value, list):
        top.value.append(value)
        return (*top.path, len(top.value) - 1)
    assert top.key is not None
    key, top.key = top.key, None
    top.value[key] = value
    return (*top.path, key)


def _scalar(event: yaml.ScalarEvent) -> str | None:
    """The text as written; None for an unquoted empty value, `~` or `null`."""
    if not event.style and event.implicit[0] and event.value in ("", "~", "null", "Null", "NULL"):
        return None
    return str(event.value)
