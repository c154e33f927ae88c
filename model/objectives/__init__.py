"""Losses that torch does not have, each in its own file."""
