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
    """Run a script of `files/` on the host, again when it, a value or its standard input changes.

    A shell gets all of it on standard input, so that the command, which errors and the process list show, is short.
    Values appear in the plan; secrets go to the script's standard input, with `secret`.
    """
    return remote.Command(
        name,
        connection=connection,
        create=f"sh -s {file}",
        stdin=pulumi.Output.all(values=dict(values), stdin=stdin).apply(
            lambda inputs: text(file, inputs["values"], inputs["stdin"] or "")
        ),
        # sshd refuses environment variables, which would be a warning at every change.
        add_previous_output_in_env=False,
        # A failed script's output is part of the error; logging would show it twice.
        logging=remote.Logging.NONE,
        opts=pulumi.ResourceOptions.merge(
            opts,
            pulumi.ResourceOptions(
                additional_secret_outputs=["stdout", "stderr"] if secret else [],
                # Nothing is undone: what scripts leave on the host is harmless, or data.
                retain_on_delete=True,
            ),
        ),
    )


def text(file: str, values: Mapping[str, Any], stdin: str = "") -> str:
    """Return the input of a shell that runs a script; if it is cut off, nothing runs."""
    body, runner = ((FILES / name).read_text() for name in (file, "run.sh"))
    return f"{assigned({**values, 'INPUT': stdin})}main() {{\n{body}}}\n{runner}"


def assigned(values: Mapping[str, Any]) -> str:
    """Return shell assignments of these values, each quoted."""
    return "".join(f"{name}={shlex.quote(str(value))}\n" for name, value in values.items())
