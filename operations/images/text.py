"""Values of a stack's file: read, and changed without touching another character of it."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import yaml

from operations.errors import OperationError
from settings import PROJECT


def values(text: str, paths: Iterable[str]) -> dict[str, str]:
    """Return what is set at those of the settings' paths where a text is set."""
    return {path: node.value for path, node in _nodes(text, paths).items()}


def replaced(text: str, new: Mapping[str, str]) -> str:
    """Return the file with other values at the settings' paths; raises OperationError where one is not set."""
    nodes = _nodes(text, new)
    if missing := [path for path in new if path not in nodes]:
        raise OperationError(f"{PROJECT}:{missing[0]} is not set", "set it in the stack's file, in a line of its own")
    for path, node in sorted(nodes.items(), key=lambda item: -item[1].start_mark.index):
        text = text[: node.start_mark.index] + _scalar(new[path]) + text[node.end_mark.index :]
    return text


def _nodes(text: str, paths: Iterable[str]) -> dict[str, yaml.ScalarNode]:
    """Return where the values stand; raises OperationError when the file is no YAML."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise OperationError(f"the stack's file is no YAML: {error}", "mend it there") from error
    found = {path: _at(root, ["config", *_keys(path)]) for path in paths}
    return {path: node for path, node in found.items() if isinstance(node, yaml.ScalarNode)}


def _keys(path: str) -> list[str]:
    section, *names = path.split(".")
    return [f"{PROJECT}:{section}", *names]


def _at(node: yaml.Node | None, keys: list[str]) -> yaml.Node | None:
    for key in keys:
        entries = node.value if isinstance(node, yaml.MappingNode) else []
        node = next((value for name, value in entries if name.value == key), None)
    return node


def _scalar(value: str) -> str:
    """Write a text so that YAML reads it as one: 1.0 would be a number."""
    return value if yaml.safe_load(value) == value else json.dumps(value)
