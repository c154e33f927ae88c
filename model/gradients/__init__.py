"""Joining the tasks' gradients."""
