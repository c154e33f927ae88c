"""Runs a study: the loop of a sweep, and what it is made of."""
