"""A workload to start from, by a look at the user's files."""
