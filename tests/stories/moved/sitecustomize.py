"""Python runs this first where its folder is on PYTHONPATH: a sleep that libfaketime 0.9.10 does not break."""

import select
import time


def _sleep(seconds: float) -> None:
    select.select([], [], [], seconds)


time.sleep = _sleep
