"""The waivers of a copy, decided today for as long as can be: for stories that are not about the day they run on."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import yaml

from operations import clock
from policies import waivers


def renew(root: Path) -> int:
    """Give every waiver of a copy its latest end; return how many there are."""
    file = root / waivers.FILE
    last_day = clock.today() + timedelta(days=waivers.LONGEST_DAYS)
    records = [{**record, "expires": last_day} for record in yaml.safe_load(file.read_text())]
    file.write_text(yaml.safe_dump(records))
    return len(records)
