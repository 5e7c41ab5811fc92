"""Whole configurations, drawn from what the settings say of themselves."""

from __future__ import annotations

import re
from typing import Any

from hypothesis import strategies as st

import settings

_SCHEMA = settings.schema()
_SECTIONS = _SCHEMA["properties"]["config"]["properties"]
_FORMATS = {
    "ipv4": st.ip_addresses(v=4, network="10.0.0.0/8").map(str),
    "ipv6": st.ip_addresses(v=6, network="2001:db8::/32").map(str),
    "ipv4network": st.sampled_from(["10.64.90.0/24", "172.20.0.0/16", "10.64.91.0/26"]),
    "ipv6network": st.sampled_from(["2001:db8::/48"]),
    "date": st.dates().map(str),
    "uri": st.sampled_from(["https://acme.example.org/directory", "https://192.0.2.22/dir"]),
}
# Files have to exist, so that the ones that the test has made stay.
_KEPT = {"ssh_private_key_file", "ssh_known_hosts_file"}


@st.composite
def configurations(draw: st.DrawFn, valid: dict[str, Any]) -> dict[str, Any]:
    """Return a valid configuration in which up to twelve settings have any value of their type's, edges above all."""
    places = [path for path in _leaves(valid) if path[-1] not in _KEPT]
    config = valid
    for section, *path in draw(st.lists(st.sampled_from(places), max_size=12, unique=True)):
        schema = _SECTIONS[section]
        for key in path:
            schema = _resolved(schema)["properties"][key]
        config = _changed(config, (section, *path), draw(_values(schema)))
    return config


def _leaves(config: dict[str, Any]) -> list[tuple[str, ...]]:
    """Return the path of every setting that is no section."""
    found = []
    for key in config:
        schema = _SECTIONS[key]
        if "secure" not in schema.get("properties", {}):
            found += _within((key,), schema)
    return found


def _within(path: tuple[str, ...], schema: dict[str, Any]) -> list[tuple[str, ...]]:
    properties = _resolved(schema).get("properties")
    if not properties:
        return [path]
    return [leaf for key, inner in properties.items() for leaf in _within((*path, key), inner)]


def _resolved(schema: dict[str, Any]) -> dict[str, Any]:
    reference = schema.get("$ref")
    return _SCHEMA["$defs"][reference.rpartition("/")[2]] if reference else schema


def _values(schema: dict[str, Any]) -> st.SearchStrategy[Any]:
    schema = _resolved(schema)
    if choices := schema.get("anyOf"):
        return st.one_of([_values(choice) for choice in choices])
    if "const" in schema:
        return st.just(schema["const"])
    if "enum" in schema:
        return st.sampled_from(schema["enum"])
    if schema.get("format") in _FORMATS:
        return _FORMATS[schema["format"]]
    match schema["type"]:
        case "null":
            return st.none()
        case "boolean":
            return st.booleans()
        case "integer":
            low, high = schema.get("minimum", 0), schema.get("maximum", 100_000)
            return st.sampled_from([low, high]) | st.integers(low, high)
        case "number":
            low, high = schema["minimum"], schema["maximum"]
            return st.sampled_from([low, high]) | st.integers(1, 80).map(lambda tenths: tenths / 10)
        case "string":
            return _texts(schema)
        case "array":
            least, most = schema.get("minItems", 0), min(schema.get("maxItems", 4), 4)
            return st.lists(_values(schema["items"]), min_size=least, max_size=most)
        case "object":
            if "properties" in schema:
                return st.fixed_dictionaries({name: _values(inner) for name, inner in schema["properties"].items()})
            ((pattern, inner),) = schema.get("patternProperties", {"[a-z]{1,8}": {"type": "string"}}).items()
            return st.dictionaries(_texts({"pattern": pattern}), _values(inner), max_size=3)
    raise AssertionError(f"no value of {schema} is known")


def _texts(schema: dict[str, Any]) -> st.SearchStrategy[str]:
    pattern = schema.get("pattern")
    if pattern is None:
        return st.text(st.characters(codec="ascii"), max_size=schema.get("maxLength", 20))
    return st.from_regex(re.compile(pattern, re.ASCII), fullmatch=True).filter(
        lambda text: len(text) <= schema.get("maxLength", 300)
    )


def _changed(value: dict[str, Any], path: tuple[str, ...], new: Any) -> dict[str, Any]:
    key, *rest = path
    return {**value, key: _changed(value.get(key) or {}, tuple(rest), new) if rest else new}
