"""The command line of `neurmatic`; each verb imports its implementation when it runs, so that help is fast."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

import click

from operations.errors import OperationError
from operations.expiring.ending import WITHIN_DAYS

STOPPED = 130
"""The exit code after Ctrl-C, as in a shell."""

stack_option = click.option(
    "--stack", required=True, envvar="PULUMI_STACK", show_envvar=True, metavar="STACK", help="As Pulumi names it."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print it for machines.")
stdin_option = click.option("--from-stdin", is_flag=True, help="Read values as lines NAME=VALUE instead of asking.")


class _Days(click.ParamType[int]):
    """A number of days, written as 60d."""

    name = "days"

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> int:
        if not re.fullmatch(r"\d{1,5}d", value):
            self.fail(f"{value!r} is no number of days; write it as {WITHIN_DAYS}d", param, ctx)
        return int(value[:-1])


def _examples(*examples: str, note: str = "") -> str:
    """Return the end of a verb's help: a note, and what is typed; Click wraps no paragraph that begins so."""
    typed = "\n".join(["Examples:", *(f"  neurmatic {example}" for example in examples)])
    return "\n\n".join(f"\b\n{paragraph.strip()}" for paragraph in (note, typed) if paragraph)


@click.group(
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 118},
    epilog="Exit codes: 0 well; 1 a finding, or a failure; 2 wrong use; 130 stopped. Every verb can be run again.",
)
def neurmatic() -> None:
    """Do what people, timers and CI do with the platform."""


@neurmatic.command(
    epilog=_examples("preview --stack staging", "preview --stack production --report reports  # for a pull request")
)
@stack_option
@click.option(
    "--report",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIRECTORY",
    help="Also write STACK.md, STACK.sarif and STACK.json there.",
)
def preview(stack: str, report: Path | None) -> int:
    """Show what `pulumi up` would do, judged by the policies."""
    from operations.preview import commands

    return commands.preview(stack, report=report)


@neurmatic.command(
    epilog=_examples("audit --stack production", "audit --stack production --json | jq '.[] | select(.fails)'")
)
@stack_option
@json_option
def audit(stack: str, as_json: bool) -> int:
    """Judge by the policies what really runs on a stack's host."""
    from operations.audit import commands

    return commands.audit(stack, as_json=as_json)


@neurmatic.command(
    short_help="List what ends by itself.",
    epilog=_examples("expiring --stack production", "expiring --stack production --within 90d --json"),
)
@stack_option
@click.option("--within", type=_Days(), default=f"{WITHIN_DAYS}d", show_default=True, help="What is due.")
@json_option
def expiring(stack: str, within: int, as_json: bool) -> int:
    """List what ends by itself; exit 1 when something is due, which what is unknown is not."""
    from operations.expiring import commands

    return commands.expiring(stack, within, as_json=as_json)


@neurmatic.command(
    short_help="Show each part's image and what its registry has instead.",
    epilog=_examples(
        "images --stack production",
        "images --stack production --release v1.2.0",
        "images --stack production --update database --update cache",
        note="""Nothing else changes an image: a registry is asked by this command alone, never by `pulumi up`.
The stack's file is written whole or not at all; `pulumi up` brings in what it says.
""",
    ),
)
@stack_option
@click.option("--update", "parts", multiple=True, metavar="PART", help="Write its newest digest; can be repeated.")
@click.option("--release", metavar="TAG", help="Write this release and the images of both its parts.")
@json_option
def images(stack: str, parts: tuple[str, ...], release: str | None, as_json: bool) -> int:
    """Show each part's image and what its registry has instead; exit 1 when one cannot be asked."""
    from operations.images import commands
    from settings import IMAGES

    if unknown := [part for part in parts if part not in IMAGES]:
        raise click.BadParameter(f"{unknown[0]} is none of {', '.join(IMAGES)}", param_hint="--update")
    if bool(parts) + bool(release is not None) + as_json > 1:
        raise click.UsageError("--update, --release and --json exclude each other")
    if release is not None:
        return commands.release(stack, release)
    return commands.update(stack, parts) if parts else commands.show(stack, as_json=as_json)


@neurmatic.command(
    short_help="Print the rules of the policies, and how to mend what they find.",
    epilog=_examples("rules", "rules nginx tls", "rules --json"),
)
@click.argument("words", nargs=-1, metavar="[WORD]...")
@json_option
def rules(words: tuple[str, ...], as_json: bool) -> int:
    """Print every rule of the policies, or those with each WORD, and how to mend what they find."""
    from operations import rules

    return rules.show(words, as_json=as_json)


@neurmatic.group()
def secrets() -> None:
    """Make, check and rotate a stack's secrets; none is ever shown."""


@secrets.command(
    epilog=_examples("secrets init --stack production", "secrets init --stack staging --from-stdin <values.txt")
)
@stack_option
@stdin_option
def init(stack: str, from_stdin: bool) -> int:
    """Set every secret that the stack needs and does not have; what is set stays."""
    from operations.secrets import commands

    return commands.init(stack, from_stdin=from_stdin)


@secrets.command(
    epilog=_examples(
        "secrets rotate jwt_secret session_secret --stack production",
        note="""
Rotating while the service runs: `rotate` sets the new value, `pulumi up` brings it in without a lost request.
  postgres_password, redis_password   old and new are both valid while the backends roll, then the old one is refused
  jwt_secret, jwt_refresh_secret, session_secret   the backends roll; their users have to sign in again
  origin_pull_client   a new certificate of the same authority
  origin_pull_authority   also a new client; nginx trusts the old authority too until it is rotated once more
  all others   put the new value in here, `pulumi up`, then revoke the old one where it was made
""",
    )
)
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@stack_option
@stdin_option
def rotate(names: tuple[str, ...], stack: str, from_stdin: bool) -> int:
    """Give secrets a new value, which `pulumi up` brings in while the service runs."""
    from operations.secrets import commands

    return commands.rotate(stack, names, from_stdin=from_stdin)


@secrets.command("list", epilog=_examples("secrets list --stack production"))
@stack_option
@json_option
def list_(stack: str, as_json: bool) -> int:
    """Show which secrets there are, what each is, and how old."""
    from operations.secrets import commands

    return commands.list_(stack, as_json=as_json)


@secrets.command(epilog=_examples("secrets check --stack production", "secrets check --stack production --json"))
@stack_option
@json_option
def check(stack: str, as_json: bool) -> int:
    """Say which secrets are missing, weak, equal to another, expired or too old; exit 1 if any is."""
    from operations.secrets import commands

    return commands.check(stack, as_json=as_json)


def main(argv: Sequence[str] | None = None) -> int:
    """Run a verb and return its exit code; errors are printed with their mend instead of a traceback.

    Click handles the broken pipe of a reader such as `head`.
    """
    try:
        return int(neurmatic.main(args=argv, prog_name="neurmatic", standalone_mode=False) or 0)
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except OperationError as error:
        return _failed(str(error), error.exit_code)
    except OSError as error:
        return _failed(f"{error}\n  mend: put right what it says, and run the same command again", 1)
    except (KeyboardInterrupt, click.Abort):
        return _failed("stopped; the same command goes on where this one stopped", STOPPED)


def _failed(text: str, exit_code: int) -> int:
    click.echo(text, err=True)
    return exit_code
