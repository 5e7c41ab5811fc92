"""`python -m bench.preview`: what a preview of production costs, beside one of an empty program on the same engine."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from statistics import median
from time import monotonic

from operations.runner import REHEARSAL
from sandbox.clone import ROOT, Clone
from sandbox.throw_away import throw_away

RUNS = 5
# Of an empty program's preview, and of the whole. Ratios, because a slow machine is slow with all.
MOST_TIMES = 7
MOST_SHARE = 0.2
_EMPTY = {
    "Pulumi.yaml": f"name: empty\nruntime:\n  name: python\n  options:\n    virtualenv: {ROOT / '.venv'}\n",
    "Pulumi.empty.yaml": "config: {}\n",
    "__main__.py": "",
}
_IMPORTS = ("pulumi", "pulumi_aws", "components", "pulumi_command", "pulumi_docker", "pydantic")


def main() -> None:
    """Print the medians of alternating runs and their ratios, and what the program's imports cost."""
    with throw_away(Clone(), "production") as production, tempfile.TemporaryDirectory() as folder:
        empty = Path(folder)
        for name, text in _EMPTY.items():
            (empty / name).write_text(text)
        preview = ["pulumi", "preview", "--non-interactive"]
        environment = production.whole_environment() | REHEARSAL  # on any day, whatever has ended by then
        cases: dict[str, tuple[Sequence[str], Path, dict[str, str]]] = {
            "an empty program": (preview, empty, _environment(environment, empty)),
            "production": (preview, ROOT, environment),
            "production, with the policies": ([*preview, "--policy-pack", "policies"], ROOT, environment),
        }
        _run(["pulumi", "stack", "init", "empty"], empty, cases["an empty program"][2])
        seconds: dict[str, list[float]] = {name: [] for name in cases}
        for _ in range(RUNS):
            for name, case in cases.items():
                seconds[name].append(_run(*case))
    unit = median(seconds["an empty program"])
    for name, measured in seconds.items():
        _print(f"{median(measured):6.2f} s  {median(measured) / unit:5.1f}x  {name} (median of {RUNS})")
    bare, judged = seconds["production"], seconds["production, with the policies"]
    cost = median(after - before for before, after in zip(bare, judged, strict=True))
    times, share = median(judged) / unit, cost / median(judged)
    _print(f"{cost:+6.2f} s  {share:5.0%}    of it are the policies' (median of the pairs)")
    for module in _IMPORTS:
        _print(
            f"{_import_seconds(module):6.2f} s          import {module}{'' if module == 'pulumi' else ', after pulumi'}"
        )
    if times > MOST_TIMES or share > MOST_SHARE:
        sys.exit(f"more than {MOST_TIMES} times an empty program's preview, or the policies more than {MOST_SHARE:.0%}")


def _environment(base: Mapping[str, str], home: Path) -> dict[str, str]:
    own = {"PULUMI_BACKEND_URL": f"file://{home}", "PULUMI_STACK": "empty"}
    return {name: value for name, value in base.items() if name != "PULUMI_OPTION_CONFIG_FILE"} | own


def _run(argv: Sequence[str], directory: Path, environment: Mapping[str, str]) -> float:
    started = monotonic()
    done = subprocess.run(argv, cwd=directory, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"{' '.join(argv)} in {directory} exited with {done.returncode}\n{done.stdout}{done.stderr}")
    return monotonic() - started


def _import_seconds(module: str) -> float:
    first = "" if module == "pulumi" else "import pulumi; "
    code = f"from time import monotonic as now; {first}start = now(); import {module}; print(now() - start)"
    times = [
        float(subprocess.run([sys.executable, "-c", code], env=os.environ, capture_output=True, check=True).stdout)
        for _ in range(RUNS)
    ]
    return median(times)


def _print(text: str) -> None:
    sys.stdout.write(f"{text}\n")


if __name__ == "__main__":
    main()
