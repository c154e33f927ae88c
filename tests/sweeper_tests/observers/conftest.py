import shutil
import warnings
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from sweeper.paths import Home


def mlflow_client(file: Path) -> Any:
    with warnings.catch_warnings(action="ignore"):
        from mlflow import MlflowClient

        return MlflowClient(f"sqlite:///{quote(str(file))}")


@pytest.fixture(scope="module")
def tables(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """MLflow's database without experiments: a copy is made faster than its tables are."""
    file = tmp_path_factory.mktemp("mlflow") / "mlflow.db"
    mlflow_client(file).search_experiments()
    return file


@pytest.fixture
def home(tables: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Home:
    monkeypatch.delenv("MLFLOW_TRACKING_URI", raising=False)
    (tmp_path / "home %").mkdir()
    shutil.copy(tables, tmp_path / "home %/mlflow.db")
    return Home(tmp_path / "home %")


@pytest.fixture
def client(home: Home) -> Any:
    return mlflow_client(home.root / "mlflow.db")
