from pathlib import Path
from uuid import uuid4

import pytest

from sweeper.paths import Home
from sweeper.runs.mark import Holder
from sweeper.url import Url

HERE = Holder("sqlite:///here.db", ("here:/here.db", "1:2"))


@pytest.fixture(params=["local", "shared"])
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    """A home by itself, and one behind a URL that several machines share."""
    return Home(tmp_path / "home", Url(f"memory://{uuid4()}") if request.param == "shared" else None)
