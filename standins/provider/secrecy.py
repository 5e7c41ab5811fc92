"""Where secrets are in a resource's properties, and where else they must not show."""

from __future__ import annotations

from collections.abc import Iterable, Set

from standins.provider.changes import general
from standins.provider.wire import Path, Plain, Properties, walk


def echoes(outputs: Plain, texts: Set[str]) -> set[Path]:
    """Find the texts in outputs that hold one of these texts."""
    return {path for path, value in walk(outputs) if isinstance(value, str) and any(text in value for text in texts)}


def clean(text: str, secrets: Iterable[str]) -> str:
    """Hide secrets in a text, the longest first, for one may hold another."""
    for secret in sorted(secrets, key=len, reverse=True):
        text = text.replace(secret, "[secret]")
    return text


def secrets_after(inputs: Properties, now: Plain) -> frozenset[Path]:
    """Return the secret paths of inputs that were read back; of a property that changed, all of it."""
    return frozenset(
        path if now.get(str(path[0])) == inputs.values.get(str(path[0])) else path[:1] for path in inputs.secrets
    )


def secret_texts(properties: Properties, public: frozenset[str] = frozenset()) -> set[str]:
    """Collect the texts within secret values that must not appear elsewhere, and their longer lines."""
    texts: set[str] = set()
    for path, value in walk(properties.values):
        covered = any(path[:length] in properties.secrets for length in range(1, len(path) + 1))
        if covered and isinstance(value, str) and general(path) not in public:
            texts.update([value, *(line.strip() for line in value.splitlines() if len(line.strip()) >= 8)])
    return {text for text in texts if len(text) >= 4}
