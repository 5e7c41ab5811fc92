"""The databases' login for a password: each has its own, so that two are valid while the backends roll."""

from hashlib import sha256

OWNER = "neurmatic"


def login(password: str) -> str:
    """Return the login for a password, as `*-login.sh` computes it too."""
    return f"{OWNER}_{sha256(password.encode()).hexdigest()[:8]}"
