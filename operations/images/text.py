"""Reads and replaces values in the text of a stack's file; every other character stays."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping

import yaml

from operations.errors import OperationError
from settings import PROJECT


def values(text: str, paths: Iterable[str]) -> dict[str, str]:
    """Return the values of those setting paths that hold a scalar."""
    return {path: node.value for path, node in _nodes(text, paths).items()}


def replaced(text: str, new: Mapping[str, str]) -> str:
    """Return the text with new values at the setting paths; raises OperationError when one is not set."""
    nodes = _nodes(text, new)
    if missing := [path for path in new if path not in nodes]:
        raise OperationError(f"{PROJECT}:{missing[0]} is not set", "set it in the stack's file, in a line of its own")
    for path, node in sorted(nodes.items(), key=lambda item: -item[1].start_mark.index):
        text = text[: node.start_mark.index] + _scalar(new[path]) + text[node.end_mark.index :]
    return text


def _nodes(text: str, paths: Iterable[str]) -> dict[str, yaml.ScalarNode]:
    """Return the YAML nodes of the values; raises OperationError when the text is not YAML."""
    try:
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise OperationError(f"the stack's file is no YAML: {error}", "mend it there") from error
    nodes = {path: _at(root, path) for path in paths}
    return {path: node for path, node in nodes.items() if isinstance(node, yaml.ScalarNode)}


def _at(node: yaml.Node | None, path: str) -> yaml.Node | None:
    section, *names = path.split(".")
    for key in ("config", f"{PROJECT}:{section}", *names):
        entries = node.value if isinstance(node, yaml.MappingNode) else []
        node = next((value for name, value in entries if name.value == key), None)
    return node


def _scalar(value: str) -> str:
    """Return a string as a YAML scalar, quoted where YAML would read another type, such as 1.0."""
    return value if yaml.safe_load(value) == value else json.dumps(value)
