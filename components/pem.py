"""Parts of a PEM secret that holds a private key and certificates."""

import re

import pulumi

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.+?-----END \1-----", re.DOTALL)


def certificates(secret: str, text: str) -> str:
    """Return only the certificates, as Cloudflare returns them."""
    return _blocks(secret, text, "CERTIFICATE")


def private_key(secret: str, text: str) -> str:
    """Return only the private key."""
    return _blocks(secret, text, "PRIVATE KEY")


def _blocks(secret: str, text: str, ending: str) -> str:
    blocks = [match[0] for match in _BLOCK.finditer(text) if match[1].endswith(ending)]
    if not blocks:
        raise pulumi.RunError(
            f"neurmatic:{secret}\n    holds no {ending.lower()}\n"
            f"    mend: neurmatic secrets rotate {secret} --stack STACK"
        )
    return "\n".join(blocks) + "\n"
