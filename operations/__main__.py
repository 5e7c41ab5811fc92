"""`python -m operations COMMAND`: what people, timers and CI do with the platform."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from operations import rules
from operations.audit import commands as audit
from operations.errors import OperationError
from operations.expiring import commands as expiring
from operations.images import commands as images
from operations.preview import commands as preview
from operations.secrets import commands as secrets

# Each adds its command to the parser and names the function that runs it: `set_defaults(run=...)`.
COMMANDS = (audit.add, expiring.add, images.add, preview.add, rules.add, secrets.add)


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; a problem is told with its mend instead of a traceback."""
    parser = argparse.ArgumentParser(prog="python -m operations", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    for add in COMMANDS:
        add(commands)
    arguments = parser.parse_args(argv)
    try:
        return int(arguments.run(arguments))
    except OperationError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except OSError as error:
        sys.stderr.write(f"{error}\n  mend: put right what it says, and run the same command again\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("\nstopped; the same command goes on where this one stopped\n")
        return 130


if __name__ == "__main__":
    sys.exit(main())
