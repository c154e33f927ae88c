"""Imported by the server of trials' processes, for nothing but what it loads: all that a trial needs.

Without the garbage collector, which finds nothing in modules that stay and takes a third of the time. What is
loaded is left out of every later collection, in the server and in the trials that it forks.
"""

import gc
from importlib import import_module

from . import lastresort

# The command line too: else every trial would import the program that started the driver once more.
MODULES = ("model.trainer", "sweeper.executors.process", "sweeper.cli")

# What goes wrong before a trial has its log would be a traceback on the driver's terminal.
lastresort.install()

gc.disable()
try:
    for _name in MODULES:
        import_module(_name)
    gc.freeze()
finally:
    gc.enable()
