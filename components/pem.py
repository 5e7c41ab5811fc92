"""Parts of a secret in PEM that holds a private key and its certificate."""

import re

import pulumi

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----.+?-----END \1-----", re.DOTALL)


def certificates(secret: str, text: str) -> str:
    """Return the certificates alone, in the form in which Cloudflare gives them back."""
    return _blocks(secret, text, "CERTIFICATE")


def private_key(secret: str, text: str) -> str:
    """Return the private key alone."""
    return _blocks(secret, text, "PRIVATE KEY")


def _blocks(secret: str, text: str, ending: str) -> str:
    found = [match[0] for match in _BLOCK.finditer(text) if match[1].endswith(ending)]
    if not found:
        raise pulumi.RunError(
            f"neurmatic:{secret}\n    holds no {ending.lower()}\n"
            f"    mend: neurmatic secrets rotate {secret} --stack STACK"
        )
    return "\n".join(found) + "\n"
