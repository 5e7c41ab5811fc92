"""`python -m operations expiring --stack S`: everything that ends by itself, with what to type before."""

from __future__ import annotations

import argparse
import json
import re
import sys
from typing import Any

from operations import clock
from operations.errors import OperationError, UsageError
from operations.expiring import asked, noted
from operations.expiring.ending import WITHIN_DAYS, due, plain, table
from operations.secrets.stack_file import StackFile, located


def add(commands: argparse._SubParsersAction[Any]) -> None:
    """Add the command to a parser."""
    parser = commands.add_parser(
        "expiring", help="everything that ends by itself; exit 1 when something is due, which what is unknown is not"
    )
    parser.add_argument("--stack", required=True)
    parser.add_argument(
        "--within", type=_days, default=WITHIN_DAYS, metavar="60d", help=f"what is due (default: {WITHIN_DAYS}d)"
    )
    parser.add_argument("--json", action="store_true", help="print a list for machines")
    parser.set_defaults(run=lambda given: expiring(given.stack, given.within, as_json=given.json))


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


def _days(text: str) -> int:
    if not re.fullmatch(r"\d{1,5}d", text):
        raise argparse.ArgumentTypeError(f"{text!r} is no number of days; write it as {WITHIN_DAYS}d")
    return int(text[:-1])
