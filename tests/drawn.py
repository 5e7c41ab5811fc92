"""Draws values that a JSON schema describes: every property, set or left out, and the edges of every range."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

Schema = Mapping[str, Any]

# A number without a maximum: what fits a machine's word.
_LARGEST = 2**31
_MANY = 3
_FORMATS: dict[str, SearchStrategy[str]] = {
    "date": st.dates().map(str),
    "ipv4": st.ip_addresses(v=4).map(str),
    "ipv6": st.ip_addresses(v=6).map(str),
    "ipv4network": st.builds(
        lambda address, bits: f"{'.'.join(str(address).split('.')[:2])}.0.0/{bits}",
        st.ip_addresses(v=4, network="10.0.0.0/8"),
        st.integers(16, 32),
    ),
    "ipv6network": st.just("2001:db8::/32"),
    "uri": st.sampled_from(
        ["https://api.example.net", "https://192.0.2.9:8443/v1/", "http://192.0.2.9/", "http://[::1]:8443/"]
    ),
}


def drawn(schema: Schema, definitions: Mapping[str, Schema], valid: Any = None) -> SearchStrategy[Any]:
    """Return values of a schema; wherever there is a valid one, half of them are that.

    A file is the valid one: no other is there.
    """
    if "$ref" in schema:
        return drawn(definitions[schema["$ref"].rpartition("/")[2]], definitions, valid)
    kind = schema.get("type")
    if kind == "object" and "properties" in schema:
        return _section(schema, definitions, valid if isinstance(valid, dict) else {})
    if schema.get("format") == "file-path":
        return st.just(valid)
    values = _values(schema, definitions)
    return values if valid is None else st.just(valid) | values


def _section(schema: Schema, definitions: Mapping[str, Schema], valid: Mapping[str, Any]) -> SearchStrategy[Any]:
    values = {name: drawn(each, definitions, valid.get(name)) for name, each in schema["properties"].items()}
    required = set(schema.get("required", ()))
    return st.fixed_dictionaries(
        {name: each for name, each in values.items() if name in required},
        optional={name: each for name, each in values.items() if name not in required},
    )


def _values(schema: Schema, definitions: Mapping[str, Schema]) -> SearchStrategy[Any]:
    if "anyOf" in schema:
        return st.one_of([drawn(each, definitions) for each in schema["anyOf"]])
    if "const" in schema or "enum" in schema:
        return st.sampled_from(schema.get("enum") or [schema["const"]])
    if "format" in schema:
        return _FORMATS[schema["format"]]
    match schema["type"]:
        case "null":
            return st.none()
        case "boolean":
            return st.booleans()
        case "integer":
            least, most = schema.get("minimum", 0), schema.get("maximum", _LARGEST)
            return st.sampled_from([least, most]) | st.integers(least, most)
        case "number":
            least, most = schema["minimum"], schema["maximum"]
            return st.sampled_from([least, most]) | st.integers(1, most * 10).map(lambda tenths: tenths / 10)
        case "string":
            return _text(schema)
        case "array":
            items = drawn(schema["items"], definitions)
            return st.lists(items, min_size=schema.get("minItems", 0), max_size=schema.get("maxItems", _MANY))
        case "object":
            ((names, each),) = schema.get("patternProperties", {".": schema.get("additionalProperties")}).items()
            keys = _text({"pattern": names, **schema.get("propertyNames", {})})
            return st.dictionaries(keys, drawn(each, definitions), max_size=_MANY)
    raise AssertionError(f"nothing draws {schema}")


def _text(schema: Schema) -> SearchStrategy[str]:
    least, most = schema.get("minLength", 0), schema.get("maxLength", 200)
    if "pattern" not in schema:
        return st.text(st.characters(codec="utf-8"), min_size=least, max_size=min(most, 300))
    # `$` of Python's also stands before a last line break.
    return st.from_regex(schema["pattern"], alphabet=st.characters(codec="ascii")).filter(
        lambda text: least <= len(text) <= most and "\n" not in text
    )
