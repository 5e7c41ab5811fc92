"""`neurmatic expiring --stack S`: everything that ends by itself, with what to type before."""

from __future__ import annotations

import json
import sys

from operations import clock
from operations.errors import OperationError, UsageError
from operations.expiring import asked, noted
from operations.expiring.ending import due, plain, table
from operations.secrets.stack_file import StackFile, located


def expiring(stack: str, within_days: int, *, as_json: bool = False) -> int:
    """Print what ends when; return 1 when something ends within so many days or has ended, else 0."""
    today = clock.today()
    try:
        file = StackFile(stack, located(stack))
        endings = [*noted.endings(stack, today), *asked.endings(file, today)]
    except OperationError as error:
        raise UsageError(error.problem, error.mend) from error
    except OSError as error:
        raise UsageError(str(error), "put right what it says, and run the same command again") from error
    rendered = (
        json.dumps(plain(endings, today, within_days), indent=2) if as_json else table(endings, today, within_days)
    )
    sys.stdout.write(f"{rendered}\n")
    return 1 if due(endings, today, within_days) else 0
