"""The policy pack: the rules of every module beside this one."""

from importlib import import_module
from pathlib import Path

from pulumi_policy import PolicyPack

MODULES = sorted(file.stem for file in Path(__file__).parent.glob("[!_]*.py"))

# Serves the engine and does not return.
PolicyPack("neurmatic", policies=[policy for module in MODULES for policy in import_module(module).POLICIES])
