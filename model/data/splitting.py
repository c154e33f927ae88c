"""A share of the rows as a split of its own: the same rows in every trial, on every machine."""

import numpy as np
from numpy.typing import NDArray

from ..sources import Share
from ..tasks import Task
from .hashes import Hashes

BINS = 10
"""Parts of equal width of a range, in each of which a stratified split takes its share."""


def strata_of(task: Task, labels: NDArray[np.float64]) -> NDArray[np.int32]:
    """The stratum of each row: its class, or the part of the range that its score lies in, ``[rows]``."""
    if task.range is None:
        return labels.astype(np.int32)
    low, high = task.range
    parts: NDArray[np.int32] = np.minimum((labels - low) / (high - low) * BINS, BINS - 1).astype(np.int32)
    return parts


def split_off(
    share: Share, units: Hashes, strata: NDArray[np.int32], had: NDArray[np.bool_], left: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    """Which rows make a split that is a share of another's.

    The order in which they are taken hangs on their texts, or groups, and the seed alone, not on where they
    stand: what says the same stays together, and a file that grows keeps most of its split.

    Args:
        share: What is wanted.
        units: What tells the texts of each row, or its group, from others (`hashes_of`), ``[rows]``.
        strata: Stratum of each row, ``[rows]``; only looked at where the share is stratified.
        had: The rows of which it is a share, ``[rows]``.
        left: Those of them that no other split has taken, ``[rows]``.

    Returns:
        Whether each row is taken, ``[rows]``.
    """
    order = _mixed(units, share.seed)
    strata = strata if share.stratified else np.zeros_like(strata)
    if share.grouped_by is not None:
        return _whole_groups(share.share, order, strata, had, left)
    strata = _one_each(order, strata)
    taken = np.zeros(len(order), dtype=bool)
    for stratum in np.unique(strata):
        own = had & (strata == stratum)
        wanted = round(share.share * int(own.sum()))
        places = np.sort(order[own & left])
        if wanted and len(places):
            taken |= own & left & (order <= places[min(wanted, len(places)) - 1])
    return taken


def _one_each(units: Hashes, strata: NDArray[np.int32]) -> NDArray[np.int32]:
    """The lowest stratum of the rows that say the same: with one each they would be parted."""
    _, number = np.unique(units, return_inverse=True)
    lowest = np.full(int(number.max(initial=-1)) + 1, np.iinfo(np.int32).max, dtype=np.int32)
    np.minimum.at(lowest, number, strata)
    result: NDArray[np.int32] = lowest[number]
    return result


def _whole_groups(
    share: float,
    order: Hashes,
    strata: NDArray[np.int32],
    had: NDArray[np.bool_],
    left: NDArray[np.bool_],
) -> NDArray[np.bool_]:
    """Takes groups in their order, each that brings the strata nearer to their shares.

    How near is the sum of the strata's distances. Whole groups are taken or left.

    Returns:
        Whether each row is taken, ``[rows]``.
    """
    known, codes = np.unique(strata, return_inverse=True)
    wanted = share * np.bincount(codes[had], minlength=len(known))
    groups, number = np.unique(order, return_inverse=True)  # sorted by it
    sizes = np.zeros((len(groups), len(known)), dtype=np.int32)
    np.add.at(sizes, (number[left], codes[left]), 1)
    have = np.zeros(len(known))
    chosen = np.zeros(len(groups), dtype=bool)
    for group, size in enumerate(sizes):
        if np.abs(wanted - have - size).sum() < np.abs(wanted - have).sum():
            chosen[group] = True
            have += size
    return chosen[number] & left


def _mixed(hashes: Hashes, seed: int) -> Hashes:
    """Other numbers for each seed, as random as the given ones (the finaliser of SplitMix64)."""
    with np.errstate(over="ignore"):
        mixed = hashes + np.uint64(seed % 2**64) * np.uint64(0x9E3779B97F4A7C15)
        mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        result: Hashes = mixed ^ (mixed >> np.uint64(31))
    return result
