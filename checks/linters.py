"""The linters, and which files each of them judges: whatever git tracks, or would."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.clone import Clone
from sandbox.engine import toolchain

_SHEBANG = re.compile(rb"#!\s*(/usr/bin/env\s+(-S\s+)?|/\S*/)(ba|da|k)?sh\b")
_ACTIONLINT = Path(__file__).parent / "actionlint"


@dataclass(frozen=True)
class Linter:
    """A program that judges files of one kind; it exits other than 0 when it finds something."""

    name: str
    judges: Callable[[Path], bool]
    """Whether it judges this file, which is below the current directory."""
    command: Callable[[], Sequence[str | Path]]

    def passes(self, files: Iterable[Path]) -> bool:
        """Judge those of the files that are this linter's, and return whether it finds nothing; it prints the rest."""
        chosen = [file for file in files if self.judges(file)]
        return not chosen or subprocess.run([*self.command(), *chosen], check=False).returncode == 0


def tracked() -> list[Path]:
    """Return every file below the current directory that git tracks, or would."""
    arguments = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listed = subprocess.run(["git", *arguments], capture_output=True, text=True, check=True).stdout
    return [path for name in sorted(set(listed.split("\0"))) if name and (path := Path(name)).is_file()]


def is_shell(file: Path) -> bool:
    """Tell a shell script by its name or, where that has no ending, by its first line."""
    if file.suffix:
        return file.suffix in {".sh", ".bash"}
    with file.open("rb") as content:
        return bool(_SHEBANG.match(content.readline(200)))


def is_dockerfile(file: Path) -> bool:
    """Tell a Dockerfile by its name."""
    return re.fullmatch(r"(.+\.)?(Docker|Container)file(\..+)?", file.name) is not None


def is_workflow(file: Path) -> bool:
    """Tell a workflow by its place, which is the only one where GitHub looks."""
    return file.parent == Path(".github/workflows") and file.suffix in {".yml", ".yaml"}


def is_of_github(file: Path) -> bool:
    """Tell what zizmor judges: workflows, the actions that they use, and Dependabot's configuration."""
    return is_workflow(file) or file.stem == "action" or file.parent / file.stem == Path(".github/dependabot")


def _installed(name: str) -> Path:
    """Return a program that came with the requirements."""
    return Path(sys.executable).with_name(name)


def _actionlint() -> Path:
    package = "github.com/rhysd/actionlint/cmd/actionlint"
    return toolchain.build(Clone(), "actionlint", package, _ACTIONLINT)


LINTERS = (
    Linter("shellcheck", is_shell, lambda: [_installed("shellcheck")]),
    Linter("hadolint", is_dockerfile, lambda: [_installed("hadolint")]),
    Linter("actionlint", is_workflow, lambda: [_actionlint(), "-shellcheck", _installed("shellcheck"), "-pyflakes="]),
    Linter("zizmor", is_of_github, lambda: [_installed("zizmor"), "--quiet", "--offline", "--persona=pedantic"]),
)
