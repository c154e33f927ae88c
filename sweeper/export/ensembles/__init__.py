"""Ensembles of what trials predicted: chosen on one half of the dev rows, scored on the other."""
