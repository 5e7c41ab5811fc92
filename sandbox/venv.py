"""`python -m sandbox.venv HOME LOCK...`: a virtual environment that holds what locks pin, and nothing else.

It makes the one that everything else runs in, and so needs no more than Python itself.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from sandbox.clone import ROOT
from sandbox.errors import SandboxError

# The operations of the folder that one works in, as `python -m operations` takes them; from elsewhere, of this clone.
_COMMAND = """\
#!{python}
import sys
from pathlib import Path

here = Path.cwd()
sys.path.insert(0, str(here if (here / "operations/cli.py").exists() else {root!r}))
from operations.cli import main

sys.exit(main())
"""
# A lock is complete: nothing is resolved, so that no newer release anywhere can change what is installed, or refuse it.
LOCKED = ("--require-hashes", "--no-deps", "--only-binary", ":all:")


def make(home: Path, *locks: Path) -> None:
    """Make the environment anew, with the command `neurmatic`.

    Raises SandboxError when that fails, or when a lock lacks what it needs.
    """
    python = home / "bin" / "python"
    requirements = [part for lock in locks for part in ("--requirement", lock)]
    _run(
        [sys.executable, "-m", "venv", "--clear", home],
        "apt install python3-venv (or your system's package of the venv module)",
    )
    _run(
        [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *LOCKED, *requirements],
        "put right what pip says; the package index must be reachable",
    )
    _run([python, "-m", "pip", "check"], "`make lock` pins what is missing")
    command = home / "bin" / "neurmatic"
    command.write_text(_COMMAND.format(python=python.absolute(), root=str(ROOT)))
    command.chmod(0o755)


def _run(argv: Sequence[str | Path], mend: str) -> None:
    done = subprocess.run(argv, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        command = " ".join(str(part) for part in argv[:4])
        raise SandboxError(f"{done.stdout}`{command}` exited with {done.returncode}", mend)


if __name__ == "__main__":
    try:
        make(*map(Path, sys.argv[1:]))
    except SandboxError as error:
        sys.exit(f"\n{error}")
