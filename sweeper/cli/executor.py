"""Where the trials of a command run, as its options say."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ..errors import InputError

if TYPE_CHECKING:
    from ..executors import Executor
    from ..executors.slurm import Slurm
    from ..study.study import Study

_GOES_WITH = {"devices": "local", "ray_address": "ray", "job_time": "slurm", "sbatch": "slurm"}
"""The options that one executor alone has."""


@dataclass(frozen=True)
class Placement:
    """What the user said.

    Attributes:
        executor: ``local``, ``inline``, ``ray`` or ``slurm``.
        workers: Trials at once; `AUTO` for as many as turn out fastest, which inline is one; None where the
            user does not say.
        devices: CUDA devices for local trials; unless `workers` is a number, one trial on each.
        ray_address: The Ray cluster.
        job_time: Time limit of a SLURM job in seconds.
        sbatch: Parameters of sbatch.
    """

    executor: str = "local"
    workers: int | None = None
    devices: str | None = None
    ray_address: str | None = None
    job_time: float | None = None
    sbatch: Sequence[str] | None = None

    def executor_for(self, study: "Study") -> "Executor | Slurm | None":
        """The executor, or what to ask of SLURM.

        Args:
            study: Its workload says what a trial takes of a cluster.

        Returns:
            None if the sweep shall measure how many workers a local executor has.

        Raises:
            InputError: If an option goes with another executor, Ray or a device is missing, no cluster
                answers, or none of its nodes could hold a trial.
        """
        for name, executor in _GOES_WITH.items():
            value = getattr(self, name)
            if value and self.executor != executor:
                said = " ".join(value) if name == "sbatch" else value
                option = name.replace("_", "-")
                raise InputError(f"--{option} {said}: goes with --executor {executor} only")
        match self.executor:
            case "ray":
                return self._ray(study)
            case "slurm":
                return self._slurm()
            case "inline":
                from ..executors.inline import InlineExecutor

                return InlineExecutor(self.workers or 1)
        return self._local()

    def _local(self) -> "Executor | None":
        from ..executors.local import LocalExecutor

        if self.devices is not None:
            from ..executors.devices import devices_named

            found = devices_named(self.devices)
            return LocalExecutor(self.workers or len(found), found)
        return None if self.workers == AUTO else LocalExecutor(self.workers or 1)

    def _ray(self, study: "Study") -> "Executor":
        from ..executors.ray_cluster import connect

        connect(self.ray_address)
        from ..executors.ray import RayExecutor

        return RayExecutor(study.workload.resources, self.workers or None)

    def _slurm(self) -> "Slurm":
        from ..executors.slurm import JOB_SECONDS, Slurm, sbatch_parameters

        if self.workers == AUTO:
            raise InputError("--workers auto measures this machine: for --executor slurm write how many jobs")
        return Slurm(self.workers or 1, self.job_time or JOB_SECONDS, sbatch_parameters(self.sbatch or ()))


AUTO = 0
"""As many workers as turn out fastest."""
