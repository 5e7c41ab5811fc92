"""`python -m settings` prints the JSON schema of the stack files."""

import json
import sys

from settings.schema import schema

json.dump(schema(), sys.stdout, indent=2)
sys.stdout.write("\n")
