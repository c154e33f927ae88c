"""Measured ratios to a peer on the same work in the same run; ``make bench``."""
