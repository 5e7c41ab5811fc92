"""Secrets as files of the host, for plain containers: Swarm hands its own to services only."""

import pulumi
from pulumi_command import remote

from components.host import SECRETS, Host
from components.script import script


def secret_file(
    name: str,
    path: str,
    content: pulumi.Input[str],
    *,
    owner: int,
    restarts: str,
    host: Host,
    opts: pulumi.ResourceOptions,
) -> remote.Command:
    """Write a file below the host's directory of secrets that its owner alone may read.

    A container that reads it only at its start is named in `restarts` and restarted when the content changes.
    """
    directory, _, file = path.rpartition("/")
    return script(
        name,
        "secret-file.sh",
        {"DIRECTORY": f"{SECRETS}/{directory}", "FILE": file, "OWNER": str(owner), "RESTARTS": restarts},
        connection=host.connection,
        stdin=pulumi.Output.secret(content),
        secret=True,
        opts=opts,
    )
