"""The Ray cluster on which trials run: how to reach it, and how many trials its nodes hold."""

import logging
import os
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING

from ..errors import InputError
from ..importpath import ROOT, is_root
from ..url import Url

if TYPE_CHECKING:
    from ray.job_config import JobConfig

LOOPBACK = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"
"""Set to 0, it keeps a cluster of one machine on 127.0.0.1, as Ray does by itself on macOS and Windows."""

ANSWER_SECONDS = 10.0
"""How long a cluster may take to accept a connection."""


def connect(address: str | None) -> None:
    """Connects this process to a cluster, unless it is connected. Comes before the first `import ray`.

    Args:
        address: HOST:PORT, or ``auto`` for the cluster of this machine. None for that of RAY_ADDRESS, or else
            for a new one on this machine alone, which ends with this process.

    Raises:
        InputError: If Ray is not installed, or no cluster answers.
    """
    if find_spec("ray") is None:
        raise InputError("--executor ray: ray is not installed: pip install 'sentence-sweeper[ray]'")
    address = address or os.environ.get("RAY_ADDRESS") or "local"
    if address == "local":
        os.environ.setdefault(LOOPBACK, "0")
    import ray

    if ray.is_initialized():
        return
    said = Url(address)
    if ":" in address:
        _check_answers(said)  # Ray would try for minutes
    try:
        ray.init(
            address,
            include_dashboard=False,
            log_to_driver=False,
            logging_level=logging.ERROR,
            job_config=_job_config(),
        )
    except (ConnectionError, RuntimeError, ValueError) as error:
        reason = " ".join(str(error).split())
        raise InputError(
            f"--ray-address {said}: no Ray cluster can be reached there: {said.hide(reason)}"
        ) from error
    # What Ray prints of a lost node, tens of lines into the driver's own, and offers no switch for.
    ray._private.worker.print_to_stdstream = lambda *_, **__: None


def _job_config() -> "JobConfig":
    """Ray's settings of this driver, without the working folder: Ray puts that first on its workers' path."""
    from ray.job_config import JobConfig

    class WithoutWorkingFolder(JobConfig):
        @property
        def _py_driver_sys_path(self) -> list[str]:
            return [ROOT] if is_root(os.curdir) else []

        @_py_driver_sys_path.setter
        def _py_driver_sys_path(self, folders: list[str]) -> None:
            """Takes none."""

    return WithoutWorkingFolder()


def _check_answers(address: Url) -> None:
    host, _, port = address.whole.removeprefix("ray://").rpartition(":")
    try:
        socket.create_connection((host, int(port)), ANSWER_SECONDS).close()
    except (OSError, ValueError, OverflowError) as error:
        raise InputError(
            f"--ray-address {address}: no Ray cluster answers there ({address.hide(str(error))}); write "
            "HOST:PORT, as `ray start --head` prints it"
        ) from error


@dataclass(frozen=True)
class Capacity:
    """What the living nodes of a cluster have in all, whoever uses it.

    Attributes:
        nodes: Ray's resources of each, by name.
        gpus: GPUs of a trial.
    """

    nodes: tuple[Mapping[str, float], ...]
    gpus: float

    @classmethod
    def now(cls, gpus: float) -> "Capacity":
        """The capacity of the cluster as it is now."""
        import ray

        nodes = ray.nodes()  # type: ignore[no-untyped-call]
        return cls(tuple(node["Resources"] for node in nodes if node["Alive"]), gpus)

    def trials(self, cpus: int) -> int:
        """How many trials of so many cores fit at once."""
        return sum(self._fitting(node, cpus) for node in self.nodes)

    def cpus(self, workers: int | None) -> int:
        """The most cores of a trial with which as many run at once as shall, or as could with one core each.

        Args:
            workers: Trials at once; None for as many as fit.
        """
        most = max((int(node.get("CPU", 0)) for node in self.nodes), default=1)
        wanted = min(workers or sys.maxsize, self.trials(1))
        return next((cpus for cpus in range(most, 1, -1) if self.trials(cpus) >= wanted), 1)

    def __str__(self) -> str:
        """For example ``2 CPUs and 0 GPUs, 8 CPUs and 1 GPUs``."""
        return ", ".join(
            f"{node.get('CPU', 0):g} CPUs and {node.get('GPU', 0):g} GPUs" for node in self.nodes
        )

    def _fitting(self, node: Mapping[str, float], cpus: int) -> int:
        fit = int(node.get("CPU", 0) // cpus)
        if self.gpus == 0:
            return fit
        cards = int(node.get("GPU", 0))
        # Ray gives a trial a share of one GPU, never shares of two.
        return min(fit, cards * int(1 / self.gpus) if self.gpus < 1 else int(cards // self.gpus))
