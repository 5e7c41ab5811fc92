"""`python -m checks`: every linter over the files of its kind in this folder's repository."""

from __future__ import annotations

import sys

from checks.linters import LINTERS, tracked
from operations.errors import OperationError


def main() -> int:
    """Let every linter speak, also when an earlier one found something; return 1 when any did."""
    files = tracked()
    try:
        failed = [linter.name for linter in LINTERS if not linter.passes(files)]
    except OperationError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    if failed:
        sys.stderr.write(f"\nrefused by {', '.join(failed)}\n")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
