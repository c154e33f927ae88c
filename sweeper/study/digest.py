"""What of a study and its workload can change a trial, in one hash."""

import hashlib
import json
from collections.abc import Iterator
from typing import Any

from .settings import flat
from .spec import StudySpec
from .workload import Workload

UNDIGESTED = ("description", "notice", "tables", "baseline", "compare", "workload", "resources")
"""Fields of a study or workload that change no trial."""


_DESCRIBED = ("code", "entries")
"""What a record says of own code beside its hashes, which say all."""


def digest_of(spec: StudySpec, workload: Workload) -> str:
    """SHA-256 of everything in a study and its workload that can change a trial."""
    text = json.dumps(dict(_digested(spec, workload)), sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def _digested(spec: StudySpec, workload: Workload) -> Iterator[tuple[str, Any]]:
    """Every field that can change a trial, by dotted name; the order of the arms and the space included.

    A field at its default is left out: a study from before there was such a field has the same digest.
    """
    for prefix, part in (("", spec), ("workload.", workload)):
        for path, value in flat(part.model_dump(mode="json", exclude_defaults=True)).items():
            if path[0] not in UNDIGESTED and path[:2] != _DESCRIBED:
                yield prefix + ".".join(path), value
    yield "order of arms", list(spec.arms)
    yield "order of space", list(spec.space)
    if own := {arm: list(entries) for arm in spec.arms if (entries := spec.own(arm))}:
        yield "order of the arms' spaces", own
