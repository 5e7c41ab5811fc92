"""`neurmatic expiring --stack S`: everything that expires, with how to renew it."""

from __future__ import annotations

import json

import click

from operations import clock
from operations.errors import OperationError, UsageError
from operations.expiring import asked, noted
from operations.expiring.ending import due, plain, table
from operations.secrets.stack_file import StackFile, locate


def expiring(stack: str, within_days: int, *, as_json: bool = False) -> int:
    """Print what expires when; return 1 when something expires within so many days or has expired, else 0."""
    today = clock.today()
    try:
        file = StackFile(stack, locate(stack))
        endings = [*noted.endings(stack, today), *asked.endings(file, today)]
    except OperationError as error:
        raise UsageError(error.problem, error.mend) from error
    except OSError as error:
        raise UsageError(str(error), "put right what it says, and run the same command again") from error
    arguments = endings, today, within_days
    click.echo(json.dumps(plain(*arguments), indent=2) if as_json else table(*arguments))
    return 1 if due(*arguments) else 0
