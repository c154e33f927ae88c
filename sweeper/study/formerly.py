"""What workload files said in other words before, and are read to say."""

from collections.abc import Callable

from ..errors import InputError
from .space import WORKLOAD
from .yamlfile import YamlFile


def with_ranges(file: YamlFile, say: Callable[[str], object]) -> YamlFile:
    """A workload's file with `ranges` in the place of `space`, as they were called before.

    Raises:
        InputError: If it has both.
    """
    if "space" not in file.data:
        return file
    place = file.place(("space",))
    if "ranges" in file.data:
        raise InputError(f"{place}: space: is the old name of `ranges`, which this file has too: write one")
    say(
        f"{place}: `space` of a workload is read as `ranges`: it replaces no entry of a study any more, a "
        f"study takes a range by the word {WORKLOAD}; write `ranges`"
    )
    return file.renamed("space", "ranges")
