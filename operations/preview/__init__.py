"""Previews a stack with the policy pack, and reports the plan to a terminal, a pull request and other programs."""
