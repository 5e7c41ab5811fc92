"""Logins of the databases: every password has one of its own, so that two are valid while the backends roll."""

from hashlib import sha256

OWNER = "neurmatic"


def login(password: str) -> str:
    """Return the login of this password; `*-login.sh` makes the same of it."""
    return f"{OWNER}_{sha256(password.encode()).hexdigest()[:8]}"
