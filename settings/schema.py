"""The JSON schema of a `Pulumi.<stack>.yaml`, for editors."""

from typing import Any

from pydantic import TypeAdapter

from settings.secrets import SECRETS
from settings.stack import PROJECT, Settings, needed_secrets


def schema() -> dict[str, Any]:
    """Return the JSON schema of a stack file."""
    settings = TypeAdapter(Settings).json_schema()
    encrypted = {"type": "object", "properties": {"secure": {"type": "string"}}, "required": ["secure"]}
    secrets = {
        f"{PROJECT}:{name}": {**encrypted, "description": f"{kind.meaning}; set by `python -m operations secrets`"}
        for name, kind in SECRETS.items()
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": f"Configuration of a stack of {PROJECT}",
        "type": "object",
        "properties": {
            "encryptionsalt": {"type": "string"},
            "secretsprovider": {"type": "string"},
            "encryptedkey": {"type": "string"},
            "config": {
                "type": "object",
                "additionalProperties": False,
                "required": [f"{PROJECT}:{name}" for name in (*settings["required"], *needed_secrets(None))],
                "properties": {
                    **{f"{PROJECT}:{name}": value for name, value in settings["properties"].items()},
                    **secrets,
                },
            },
        },
        "$defs": settings["$defs"],
    }
