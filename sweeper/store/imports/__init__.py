"""Reads trials that other tools have written down: CSV files, MLflow, Weights & Biases."""
