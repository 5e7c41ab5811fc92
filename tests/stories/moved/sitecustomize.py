"""Python runs this first where its folder is on PYTHONPATH: a sleep that libfaketime 0.9.10 does not break."""

import select
import time
from typing import SupportsIndex


def _sleep(seconds: float | SupportsIndex, /) -> None:
    select.select([], [], [], float(seconds))


time.sleep = _sleep
