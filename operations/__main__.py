"""`python -m operations`: the same as `neurmatic`, by any Python that has what it needs."""

import sys

from operations.cli import main

if __name__ == "__main__":
    sys.exit(main())
