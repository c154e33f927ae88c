"""A study as one file that names nobody: written by `sweeper export --bundle`, read by `sweeper report`."""
