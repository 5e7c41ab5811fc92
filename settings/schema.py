"""The JSON schema of a `Pulumi.<stack>.yaml`, for editors."""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from settings.secrets import SECRETS
from settings.stack import PROJECT, Settings


class _Unfinished(GenerateJsonSchema):
    """Requires no field: a committed file may be incomplete, and a preview reports what is missing."""

    def field_is_required(self, *_: object, **__: object) -> bool:
        return False


def schema() -> dict[str, Any]:
    """Return the JSON schema of a stack file, finished or not."""
    settings = Settings.model_json_schema(schema_generator=_Unfinished)
    secrets = {
        name: {
            "type": "object",
            "properties": {"secure": {"type": "string"}},
            "required": ["secure"],
            "description": f"{kind.meaning}; set by `neurmatic secrets`",
        }
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
                "properties": {
                    f"{PROJECT}:{name}": value for name, value in (settings["properties"] | secrets).items()
                },
            },
        },
        "$defs": settings["$defs"],
    }
