"""What the resources of IAM have in common."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from standins.aws.fields import tag_list
from standins.provider.schema import Failure
from standins.provider.wire import Plain

if TYPE_CHECKING:
    from mypy_boto3_iam.type_defs import TagTypeDef


def bad_name(inputs: Plain, longest: int) -> Iterator[Failure]:
    """Refuse a name that IAM does."""
    name = inputs.get("name", "")
    if isinstance(name, str) and not re.fullmatch(rf"[0-9A-Za-z=,.@_+-]{{0,{longest}}}", name):
        yield "name", f"expected at most {longest} letters, digits and =,.@_+-"


def tags_changed(inputs: Plain, old_inputs: Plain) -> tuple[list[str], list[TagTypeDef]]:
    """Return the keys of the removed tags, and the new and changed tags."""
    new, old = inputs.get("tags", {}), old_inputs.get("tags", {})
    changed = {key: value for key, value in new.items() if old.get(key) != value}
    return sorted(old.keys() - new.keys()), list(tag_list(changed))
