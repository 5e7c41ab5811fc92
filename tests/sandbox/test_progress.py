"""What a person sees of steps, on a terminal and elsewhere."""

from __future__ import annotations

import os
import pty
import re
import subprocess
import sys
from pathlib import Path
from time import monotonic

import pytest

from tests.engine import ROOT
from tests.some import some

# What never comes is missed after this; what does comes at once.
SECONDS = 120

# Two steps at once, and a process that shows what it prints; the second goes on until a line is typed.
STEPS = """
import sys, threading
from pathlib import Path
from sandbox.steps import run, step

logs, begun = Path(sys.argv[1]), threading.Event()

def short():
    with step("start"):
        begun.wait()

other = threading.Thread(target=short)
other.start()
with step("build", logs, lambda log: "step 2 of 5"):
    run([sys.executable, "-c", "print('container created')"], log=logs.parent / "up.log", mend="", show=True)
    begun.set()
    other.join()
    sys.stdin.readline()
print("{}")
"""


# Steps that begin, end and print in several threads, all as fast as they can.
CROWD = """
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from sandbox.steps import say, step

def work(number):
    for turn in range(60):
        with step(f"step {number}", Path(sys.argv[1])):
            say(f"said {number} {turn}")

with ThreadPoolExecutor(4) as pool:
    list(pool.map(work, range(4)))
say("all have ended")
sys.stdin.readline()
"""

# Colours and the cursor's look; what moves it, and what clears a line, is not among them.
OTHER_CONTROLS = r"\x1b\[\?[0-9]+[hl]|\x1b\[[0-9;]*m"


@pytest.fixture
def logs(tmp_path: Path) -> Path:
    """Write the log of an image."""
    (folder := tmp_path / "images").mkdir()
    (folder / "postgres.log").write_text("Setting up one\nSetting up [two]\n")
    return folder


def test_on_a_terminal_a_step_is_one_live_line_with_what_is_done(logs: Path) -> None:
    shown, printed = on_a_terminal(logs, "xterm", until=r"step 2 of 5  postgres  Setting up \[two\]")

    left = standing(shown).splitlines()
    assert "container created" in left
    assert [title for line in left for title in re.findall(r"^   (\w+): \d+\.\d s$", line)] == ["start", "build"]
    assert left[-1].startswith("   build: ")
    assert [line for line in some(left) if line.startswith(("->", "   …"))] == []
    assert printed == "{}\n"


def test_no_live_line_is_left_behind_by_steps_that_end_while_others_print(logs: Path) -> None:
    shown, _ = on_a_terminal(logs, "xterm", until="all have ended", steps=CROWD)

    left = [line.rstrip() for line in standing(shown).splitlines()]
    assert sorted(line for line in left if line.startswith("said")) == sorted(
        f"said {number} {turn}" for number in range(4) for turn in range(60)
    )
    assert [line for line in some(left) if line and not re.match(r"said |   step \d: |all have ended", line)] == []


def test_where_a_line_cannot_be_taken_back_lines_are_printed(logs: Path) -> None:
    shown, printed = on_a_terminal(logs, "dumb", until="start: ")

    assert "-> build" in shown.splitlines()
    assert "\x1b" not in shown
    assert printed == "{}\n"


@pytest.mark.parametrize(
    "variables", [{}, {"FORCE_COLOR": "1", "TTY_COMPATIBLE": "1"}], ids=["plain", "colours forced"]
)
def test_in_a_pipe_lines_are_printed_whatever_the_environment_says_of_colours(
    logs: Path, variables: dict[str, str]
) -> None:
    argv = [sys.executable, "-c", STEPS, str(logs)]
    environment = {**os.environ, **variables}
    done = subprocess.run(argv, cwd=ROOT, env=environment, input="\n", capture_output=True, text=True, check=True)

    assert {"-> build", "-> start", "container created"} <= set(done.stderr.splitlines())
    assert "\x1b" not in done.stderr
    assert done.stdout == "{}\n"


def on_a_terminal(logs: Path, kind: str, until: str, steps: str = STEPS) -> tuple[str, str]:
    """Run the steps on a terminal, and end them once it shows a pattern; return what it showed, and what went out."""
    deadline = monotonic() + SECONDS
    master, slave = pty.openpty()
    environment = {**os.environ, "TERM": kind, "COLUMNS": "120"}
    argv = [sys.executable, "-c", steps, str(logs)]
    with subprocess.Popen(
        argv, cwd=ROOT, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=slave, text=True
    ) as process:
        os.close(slave)
        shown, printed = "", ""
        while chunk := _read(master):
            shown += chunk
            if monotonic() > deadline:
                process.kill()
            elif not printed and re.search(until, without_controls(shown)):
                printed, _ = process.communicate("\n")
    os.close(master)
    return shown, printed


def _read(terminal: int) -> str:
    """Return what a terminal shows next; the empty string when nobody writes to it any more."""
    try:
        return os.read(terminal, 65536).decode(errors="replace").replace("\r\n", "\n")
    except OSError:
        return ""


def without_controls(shown: str) -> str:
    """Return the text that a terminal was sent."""
    return re.sub(r"\x1b\[[0-9;?]*[A-Za-z]", "", shown).replace("\r", "")


def standing(shown: str) -> str:
    """Return what stands on a terminal that takes lines back, as rich does: the cursor up, and the line cleared."""
    lines, row = [""], 0
    for control, text in re.findall(r"(\x1b\[1A|\x1b\[2K|\n)|([^\x1b\n]+|\x1b)", re.sub(OTHER_CONTROLS, "", shown)):
        if control == "\x1b[1A":
            row -= 1
        elif control == "\x1b[2K":
            lines[row] = ""
        elif control:
            row += 1
            lines += [""] * (row + 1 - len(lines))
        else:
            lines[row] += without_controls(text)
    return "\n".join(lines)
