"""Optuna's tables, which repeat the search for Optuna's own tools and hand out the numbers of trials."""
