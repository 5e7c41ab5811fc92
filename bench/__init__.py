"""Measurements: each module prints its numbers as ratios of one run, because machines differ."""
