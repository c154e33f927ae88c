"""Renders a committed report anew from its bundle: ``python -m docs.rerender reports/STUDY``.

It trains nothing, and reads no database of yours. The clock that it hands in stands at the moment that the
committed page names.
"""

import re
import sys
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from sweeper.clock import StoppedClock
from sweeper.export.bundle.unpacked import open_bundle
from sweeper.report.write import write_report
from sweeper.store.database import Database

_WRITTEN = re.compile(r"<dt>Report</dt>\s*<dd>(\d{4}-\d\d-\d\d \d\d:\d\d) UTC")


def differing(committed: Path) -> list[str]:
    """Names of the files that come out otherwise than they are committed.

    Args:
        committed: Folder of the report, with its ``bundle.zip``.
    """
    page = (committed / "index.html").read_text(encoding="utf-8")
    (written_at,) = _WRITTEN.findall(page)
    moment = datetime.strptime(written_at, "%Y-%m-%d %H:%M").replace(tzinfo=UTC)
    with (
        TemporaryDirectory() as folder,
        open_bundle(committed / "bundle.zip") as bundle,
        Database(bundle.storage, must_exist=True, read_only=True) as database,
    ):
        report = write_report(database, bundle.study, Path(folder), bundle.home, clock=StoppedClock(moment))
        written = {path.name: path for path in report.folder.iterdir() if not path.name.startswith(".")}
        return [
            name
            for name, path in sorted(written.items())
            if not (committed / name).is_file() or path.read_bytes() != (committed / name).read_bytes()
        ]


if __name__ == "__main__":
    found = differing(Path(sys.argv[1]))
    sys.exit(f"other than committed: {', '.join(found)}" if found else None)
