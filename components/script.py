"""Shell scripts that run on the host over SSH."""

import shlex
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pulumi
from pulumi_command import remote

FILES = Path(__file__).parent / "files"


def script(
    name: str,
    file: str,
    values: Mapping[str, pulumi.Input[str]],
    *,
    connection: pulumi.Input[remote.ConnectionArgs],
    stdin: pulumi.Input[str] | None = None,
    secret: bool = False,
    opts: pulumi.ResourceOptions,
) -> remote.Command:
    """Run a script of `files/` on the host, again whenever it, a value or the standard input changes.

    Values stand in the command line, so none of them is a secret: secrets come on standard input, with `secret`, which
    keeps what the script prints out of logs and plan.
    """
    return remote.Command(
        name,
        connection=connection,
        create=pulumi.Output.from_input(dict(values)).apply(lambda known: assigned(known) + (FILES / file).read_text()),
        stdin=stdin,
        # sshd refuses environment variables, and the warning about it would come with every change.
        add_previous_output_in_env=False,
        logging=remote.Logging.NONE if secret else remote.Logging.STDOUT_AND_STDERR,
        opts=pulumi.ResourceOptions.merge(
            opts,
            pulumi.ResourceOptions(
                additional_secret_outputs=["stdout", "stderr"] if secret else [],
                # Scripts have no undoing: what they made on the host is harmless, or somebody's data.
                retain_on_delete=True,
            ),
        ),
    )


def assigned(values: Mapping[str, Any]) -> str:
    """Return shell assignments of these values, each quoted."""
    return "".join(f"{name}={shlex.quote(str(value))}\n" for name, value in values.items())
