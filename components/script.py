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

    All of it goes to a shell's standard input, so that the command, which an error repeats and the process list shows,
    is short. Values are in clear in the plan; secrets come on the script's standard input, with `secret`.
    """
    return remote.Command(
        name,
        connection=connection,
        create=f"sh -s {file}",
        stdin=pulumi.Output.all(values=dict(values), stdin=stdin).apply(
            lambda known: text(file, known["values"], known["stdin"] or "")
        ),
        # sshd refuses environment variables, and the warning about it would come with every change.
        add_previous_output_in_env=False,
        # What a script says comes with the error of one that fails; logged, it would stand there twice.
        logging=remote.Logging.NONE,
        opts=pulumi.ResourceOptions.merge(
            opts,
            pulumi.ResourceOptions(
                additional_secret_outputs=["stdout", "stderr"] if secret else [],
                # Scripts have no undoing: what they made on the host is harmless, or somebody's data.
                retain_on_delete=True,
            ),
        ),
    )


def text(file: str, values: Mapping[str, Any], stdin: str = "") -> str:
    """Return what a shell is given to run a script; one that is cut off on the way runs nothing of it."""
    body, runner = ((FILES / each).read_text() for each in (file, "run.sh"))
    return f"{assigned({**values, 'INPUT': stdin})}main() {{\n{body}}}\n{runner}"


def assigned(values: Mapping[str, Any]) -> str:
    """Return shell assignments of these values, each quoted."""
    return "".join(f"{name}={shlex.quote(str(value))}\n" for name, value in values.items())
