"""The scripts of a page, and the policy by which a browser runs these and does nothing else for it."""

import base64
import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

HERE = Path(__file__).parent

SCRIPTS = ("figures.js", "explorer.js", "rest.js", "drawer.js", "copies.js")

POLICY = (
    "default-src 'none'; script-src {scripts}; style-src 'unsafe-inline'; img-src data: blob:; "
    "base-uri 'none'; form-action 'none'"
)


def own_script() -> str:
    """What draws figures, and makes tables and drawers of the page's data."""
    return "".join((HERE / name).read_text(encoding="utf-8") for name in SCRIPTS)


@cache
def served_scripts() -> tuple[str, str]:
    """Those of a page that is served: ours, in a scope of its own to run again in, and what does that."""
    return f"(() => {{\n{own_script()}}})();", (HERE / "live.js").read_text(encoding="utf-8")


def hashes(scripts: Iterable[str]) -> str:
    """The names by which a policy allows these scripts and no other."""
    digests = (base64.b64encode(hashlib.sha256(script.encode()).digest()).decode() for script in scripts)
    return " ".join(f"'sha256-{digest}'" for digest in digests)


def served_policy() -> str:
    """That of a page that is served, for a header: it may load plotly.js of its own server, and ask that."""
    scripts = POLICY.format(scripts=f"'self' {hashes(served_scripts())}")
    return f"{scripts}; connect-src 'self'; frame-ancestors 'none'"
