"""The policy pack: every rule of `rules/`, and the waivers of the project that is judged."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path

# The engine starts this file as a script; what it imports is the package that the folder is.
sys.path[0] = str(Path(__file__).resolve().parent.parent)

from pulumi_policy import PolicyPack

from policies import waivers
from policies.decoding import decode_once
from policies.host_rules import EVERY_RULE
from policies.pack import Pack
from policies.rules import RULES

decode_once()
# The engine starts it in the project's folder. Serves and does not return.
loaded_waivers = waivers.load(
    Path(waivers.FILE),
    [rule.id for rule in EVERY_RULE],
    datetime.now(UTC).date(),
    waivers.purpose(os.environ),
)
PolicyPack("neurmatic", policies=Pack(RULES, loaded_waivers).policies())
