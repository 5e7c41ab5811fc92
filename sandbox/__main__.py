"""`python -m sandbox COMMAND`: the whole platform on one machine, as `make` sets it up, shows it and removes it."""

from __future__ import annotations

import signal
import sys
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

import click

from operations.errors import OperationError
from sandbox.clone import Clone
from sandbox.steps import Terminated, say
from standins.provider.lazy import LazyModule

if TYPE_CHECKING:
    from docker import errors
else:
    errors = LazyModule("docker.errors")

_AGAIN = "the same command goes on"
# What needs nothing but the clone: where it is (imported when it is asked for), and what it does.
COMMANDS = {
    "up": ("sandbox.lifecycle:up", "Set up what is missing and deploy the platform; go on where it stopped."),
    "stand": ("sandbox.lifecycle:stand", "Set up the VPS and all that lies outside it, and deploy nothing."),
    "down": ("sandbox.lifecycle:down", "Remove this clone's containers, networks, volumes and state."),
    "clean": ("sandbox.lifecycle:clean", "Remove the caches that every clone shares: the engine and the images."),
    "status": ("sandbox.access:status", "Print where the sandbox's parts are reached and which release runs."),
    "env": ("sandbox.access:env", "Print the variables with which `pulumi` works on the sandbox."),
    "psql": ("sandbox.access:psql", "Become PostgreSQL's own client, as its superuser."),
    "open": ("sandbox.page:open_page", "Open the page in a browser, or print what to type where there is one."),
    "engine": ("sandbox.engine.toolchain:ensure_tools", "Build what the sandbox builds with Go."),
    "plugins": ("sandbox.engine.official:fetch", "Fetch the official plugins, and print the folder to put on PATH."),
    "save": ("sandbox.images.kept:save", "Keep the images that Docker holds for the sandbox in a file of the cache."),
    "load": ("sandbox.images.kept:load", "Give Docker the images of that file, if there is one."),
}


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
def sandbox() -> None:
    """Set up, show and remove the whole platform on one machine, as `make` does."""
    signal.signal(signal.SIGTERM, _terminate)


@sandbox.command()
@click.argument("stack")
@click.option("--report", type=click.Path(path_type=Path), metavar="DIRECTORY", help="Also write the reports there.")
def preview(stack: str, report: Path | None) -> None:
    """Preview a stack with the policy pack."""
    from sandbox import previewing

    previewing.preview(Clone(), stack, report)


@sandbox.command()
@click.argument("run", default="")
def ssh(run: str) -> None:
    """Open a shell on the VPS, or run one command there."""
    from sandbox import access

    access.ssh(Clone(), run)


@sandbox.command()
@click.argument("part", default="")
@click.option("--follow", is_flag=True, help="Print what comes, until Ctrl-C.")
def logs(part: str, follow: bool) -> None:
    """Print the last lines of a part's log."""
    from sandbox import access

    access.logs(Clone(), part, follow)


def _run(place: str) -> None:
    module, _, function = place.partition(":")
    getattr(import_module(module), function)(Clone())


for _name, (_place, _help) in COMMANDS.items():
    sandbox.command(_name, help=_help)(partial(_run, _place))


def main() -> int:
    """Run one command; a problem is told with its mend instead of a traceback."""
    try:
        sandbox.main(prog_name="python -m sandbox", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except OperationError as error:
        return _told(str(error), 1)
    except OSError as error:
        return _told(f"{error}\n  mend: put right what it says (a full disk: df -h); {_AGAIN} from here", 1)
    except (KeyboardInterrupt, click.Abort):
        return _told(f"stopped; {_AGAIN} where this one stopped", 130)
    except errors.DockerException as error:
        return _told(f"Docker refused: {error}\n  mend: put right what it says; {_AGAIN} from here", 1)
    return 0


def _told(text: str, exit_code: int) -> int:
    say(f"\n{text}")
    return exit_code


def _terminate(*_: object) -> None:
    raise Terminated


if __name__ == "__main__":
    sys.exit(main())
