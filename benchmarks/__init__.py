"""Measured ratios to a peer on the same work in the same run; ``make bench``."""

import os

# As the executor sets it for trials, before torch loads: threads that wait by spinning would slow both sides.
os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
