"""`python -m sandbox COMMAND`: the whole platform on one machine, as `make` sets it up, shows it and removes it."""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path

from docker.errors import DockerException

from operations.errors import OperationError
from sandbox import access, lifecycle
from sandbox.clone import Clone
from sandbox.engine import official, toolchain
from sandbox.images import kept
from sandbox.steps import Terminated, say

COMMANDS = {
    "up": lifecycle.up,
    "stand": lifecycle.stand,
    "down": lifecycle.down,
    "status": lifecycle.status,
    "env": lifecycle.env,
    "clean": lifecycle.clean,
    "psql": access.psql,
    "open": access.open_page,
    "engine": toolchain.ensure_tools,
    "plugins": official.fetch,
    "save": kept.save,
    "load": kept.load,
}


def main() -> int:
    """Run one command; a problem is told with its mend instead of a traceback."""
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for name, function in COMMANDS.items():
        commands.add_parser(name, help=(function.__doc__ or "").splitlines()[0])
    preview = commands.add_parser("preview", help="preview a stack with the policy pack")
    preview.add_argument("stack")
    preview.add_argument("--report", type=Path, metavar="DIRECTORY", help="also write the reports there")
    ssh = commands.add_parser("ssh", help="open a shell on the VPS, or run one command there")
    ssh.add_argument("run", nargs="?", default="")
    logs = commands.add_parser("logs", help="print the last lines of a part's log")
    logs.add_argument("part", nargs="?", default="")
    logs.add_argument("--follow", action="store_true", help="print what comes, until Ctrl-C")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, _terminate)
    clone = Clone()
    try:
        match arguments.command:
            case "preview":
                lifecycle.preview(clone, arguments.stack, arguments.report)
            case "ssh":
                access.ssh(clone, arguments.run)
            case "logs":
                access.logs(clone, arguments.part, arguments.follow)
            case command:
                COMMANDS[command](clone)
    except OperationError as error:
        say(f"\n{error}")
        return 1
    except DockerException as error:
        say(f"\nDocker refused: {error}\n  mend: put right what it says; the same command goes on from here")
        return 1
    except OSError as error:
        say(f"\n{error}\n  mend: put right what it says (a full disk: df -h); the same command goes on from here")
        return 1
    except KeyboardInterrupt:
        say("\nstopped; the same command goes on where this one stopped")
        return 130
    return 0


def _terminate(*_: object) -> None:
    raise Terminated


if __name__ == "__main__":
    sys.exit(main())
