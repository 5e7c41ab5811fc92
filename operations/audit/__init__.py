"""Judges the running host by the policies: what no preview can show, and what was changed by hand."""
