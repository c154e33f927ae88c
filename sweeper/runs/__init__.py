"""The folders of runs: whose they are, and what may be read in them."""
