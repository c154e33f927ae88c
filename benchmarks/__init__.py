"""Measured ratios to a peer on the same work in the same run; ``make bench``."""

import os

from sweeper.executors.local import ENVIRONMENT

# As the executor sets it for trials, before torch loads; peers get it too.
for _name, _value in ENVIRONMENT.items():
    os.environ.setdefault(_name, _value)
