"""A provider plugin in Python: what all of them are made of."""
