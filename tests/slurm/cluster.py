"""A SLURM cluster of one node on this machine: munge, slurmctld and slurmd in a temporary folder.

    python -m tests.slurm.cluster sinfo

runs a command in such a cluster. It takes the Debian packages ``slurmctld slurmd slurm-client munge`` and
root, but neither systemd nor control groups nor an accounting database. All daemons listen on 127.0.0.1.
"""

import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scontrol", "scancel", "sinfo")
UP_SECONDS = 120.0

# A job that is requeued waits until its credential has run out: cred_expire, by default 120 s.
CONFIGURATION = """
ClusterName=tests
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={controller_port}
SlurmdPort={node_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket,cred_expire=5
CommunicationParameters=NoInAddrAny,NoCtldInAddrAny
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
PlugStackConfig=/dev/null
MpiDefault=none
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerType=sched/backfill
SchedulerParameters=bf_interval=1,sched_interval=5,sched_min_interval=0
JobRequeue=1
KillWait=10
ReturnToService=2
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs=2 State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP
"""


def missing() -> str:
    """What a cluster lacks here; empty if it can be started."""
    absent = [program for program in PROGRAMS if shutil.which(program) is None]
    if absent:
        packages = "apt-get install slurmctld slurmd slurm-client munge"
        return f"no SLURM here ({', '.join(absent)}): {packages}"
    return "" if os.geteuid() == 0 else "the daemons of SLURM need root"


@contextmanager
def cluster(folder: Path) -> Iterator[Mapping[str, str]]:
    """Starts a cluster, and ends it and its jobs.

    Args:
        folder: Where it keeps everything; an empty folder with a short path.

    Yields:
        The variables by which SLURM's commands find it.
    """
    for name in ("state", "spool"):
        (folder / name).mkdir()
    configuration = folder / "slurm.conf"
    ports = {"controller_port": _free_port(), "node_port": _free_port()}
    configuration.write_text(
        CONFIGURATION.format(folder=folder, host=socket.gethostname().partition(".")[0], **ports)
    )
    key = folder / "munge.key"
    key.write_bytes(secrets.token_bytes(1024))
    key.chmod(0o400)
    files = {name: f"--{name}-file={folder}/munge.{name}" for name in ("key", "log", "pid", "seed")}
    found = {"SLURM_CONF": str(configuration)}
    with ExitStack() as daemons:
        for command in (
            ["munged", "--foreground", "--force", f"--socket={folder}/munge.socket", *files.values()],
            ["slurmctld", "-D", "-f", str(configuration)],
            ["slurmd", "-D", "-f", str(configuration)],
        ):
            daemons.enter_context(_daemon(command, folder, found))
        _wait_until_up(folder, found)
        try:
            yield found
        finally:
            _end_jobs(found)


@contextmanager
def _daemon(command: list[str], folder: Path, variables: Mapping[str, str]) -> Iterator[None]:
    with (folder / f"{command[0]}.output").open("wb") as output:
        process = subprocess.Popen(command, env=os.environ | variables, stdout=output, stderr=output)
        try:
            yield
        finally:
            process.terminate()
            process.wait(60)


def _wait_until_up(folder: Path, variables: Mapping[str, str]) -> None:
    deadline = time.monotonic() + UP_SECONDS
    while asked(variables, "sinfo", "--noheader", "--format=%T") != "idle":
        if time.monotonic() > deadline:
            said = [file.read_text(errors="replace")[-2000:] for file in sorted(folder.glob("*.output"))]
            raise RuntimeError("the cluster does not come up:\n" + "\n".join(said))
        time.sleep(0.2)


def _end_jobs(variables: Mapping[str, str]) -> None:
    asked(variables, "scancel", "--user=root", "--signal=KILL", "--full")
    asked(variables, "scancel", "--user=root")
    deadline = time.monotonic() + UP_SECONDS
    while asked(variables, "squeue", "--noheader") and time.monotonic() < deadline:
        time.sleep(0.2)


def asked(variables: Mapping[str, str], *command: str) -> str:
    """What a command of SLURM prints; nothing if it fails."""
    done = subprocess.run(
        command, env=os.environ | variables, capture_output=True, text=True, check=False, timeout=60
    )
    return done.stdout.strip() if done.returncode == 0 else ""


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def main() -> None:
    if why := missing():
        sys.exit(why)
    with tempfile.TemporaryDirectory(prefix="slurm-") as name, cluster(Path(name)) as variables:
        code = subprocess.run(sys.argv[1:], env=os.environ | variables, check=False).returncode
    sys.exit(code)


if __name__ == "__main__":
    main()
