"""`python -m sandbox.engine`: build every tool of go.mod, as far as it is not built; what CI keeps in its cache."""

from __future__ import annotations

import sys

from sandbox.clone import Clone
from sandbox.engine import toolchain
from sandbox.errors import SandboxError


def main() -> int:
    """Build one after the other: the engine alone keeps every core busy."""
    try:
        for name in toolchain.TOOLS:
            sys.stdout.write(f"{toolchain.ensure_tool(Clone(), name)}\n")
    except SandboxError as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
