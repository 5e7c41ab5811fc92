"""The SSH agent of the operator's shell."""

import os
import socket

import pulumi

_VARIABLE = "SSH_AUTH_SOCK"
# A running agent answers at once.
_SECONDS = 5


def warn_where_none_answers() -> None:
    """Warn where SSH_AUTH_SOCK leads to no agent: the plugins connect to it even when they are given a key."""
    path = os.environ.get(_VARIABLE)
    if path and not _answers(path):
        pulumi.log.warn(
            f"{_VARIABLE} leads to no agent, so that no command reaches the host.\n  mend: unset {_VARIABLE}"
        )


def _answers(path: str) -> bool:
    with socket.socket(socket.AF_UNIX) as agent:
        agent.settimeout(_SECONDS)
        try:
            agent.connect(path)
        except OSError:
            return False
    return True
