"""`python -m sandbox.images save|load`: the images that Docker holds into a file of the cache, and back."""

from __future__ import annotations

import sys

from sandbox.clone import Clone
from sandbox.docker_engine import ensure_docker
from sandbox.errors import SandboxError
from sandbox.images import kept


def main() -> int:
    """Save or load; a problem is told with its mend."""
    clone = Clone()
    try:
        match sys.argv[1:]:
            case ["save"]:
                kept.save(clone, ensure_docker(clone))
            case ["load"]:
                ensure_docker(clone)
                kept.load(clone)
            case _:
                sys.stderr.write(f"{__doc__}\n")
                return 2
    except SandboxError as error:
        sys.stderr.write(f"\n{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
