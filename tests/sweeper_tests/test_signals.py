"""Ctrl-C and SIGTERM in the middle of a sweep: what is said, what is left, and that it goes on."""

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pandas as pd
import psutil
import pytest

from sweeper.signals import HungUpError, TerminatedError, exit_code, gently, terminable
from sweeper.store.database import Database
from tests.sweeper_tests.typed import SMALL, Command, write

TRIALS = 3
RUN = ["run", "--study", "mine", "--trials", str(TRIALS)]


def test_sigterm_is_an_interrupt() -> None:
    before = signal.getsignal(signal.SIGTERM)
    with pytest.raises(TerminatedError), terminable():
        signal.raise_signal(signal.SIGTERM)
    assert signal.getsignal(signal.SIGTERM) is before


def test_a_terminal_that_closes_asks_once() -> None:
    asked: list[str] = []
    before = signal.signal(signal.SIGHUP, signal.SIG_DFL)
    try:
        with pytest.raises(HungUpError) as caught, gently(lambda: asked.append("stop")):
            signal.raise_signal(signal.SIGHUP)
            signal.raise_signal(signal.SIGHUP)
        assert (asked, exit_code(caught.value)) == (["stop"], 129)
        with pytest.raises(TerminatedError) as ended, gently(lambda: None):
            signal.raise_signal(signal.SIGHUP)
            signal.raise_signal(signal.SIGTERM)
        assert exit_code(ended.value) == 143
        signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as nohup does
        with gently(lambda: asked.append("again")), terminable():
            signal.raise_signal(signal.SIGHUP)
        assert asked == ["stop"]
    finally:
        signal.signal(signal.SIGHUP, before)


def test_in_another_thread_signals_stay_those_of_the_main_one() -> None:
    def inside() -> object:
        with terminable(), gently(lambda: None):
            return signal.getsignal(signal.SIGTERM)

    with ThreadPoolExecutor(1) as pool:
        assert pool.submit(inside).result() is signal.getsignal(signal.SIGTERM)


def start(home: Path) -> "subprocess.Popen[str]":
    """A sweep whose second trial does not end before it is disturbed."""
    root = Path(__file__).parents[2]
    return subprocess.Popen(
        [sys.executable, "-m", "tests.sweeper_tests.held", *RUN],
        env={**os.environ, "SWEEPER_HOME": str(home), "PYTHONPATH": str(root)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,  # as a shell does: one process group, which Ctrl-C reaches as a whole
        # Where the tests run in the background, or under nohup, they ignore it.
        preexec_fn=lambda: signal.signal(signal.SIGHUP, signal.SIG_DFL),  # noqa: PLW1509
    )


def wait_for(driver: "subprocess.Popen[str]", said: str) -> None:
    assert driver.stdout is not None
    for line in driver.stdout:
        if said in line:
            return
    raise AssertionError(f"ended without {said!r}")


def wait_for_server(driver: "subprocess.Popen[str]") -> None:
    """Waits until the server of trials has been started; until exec it bears its driver's name."""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        for process in group(driver):
            with suppress(psutil.Error):
                if "forkserver" in " ".join(process.cmdline()):
                    return
        time.sleep(0.02)
    raise TimeoutError("no fork server has started")


def group(driver: "subprocess.Popen[str]") -> list[psutil.Process]:
    """Every process that the driver started, and its own."""
    found = []
    for process in psutil.process_iter():
        try:
            if os.getsid(process.pid) == driver.pid and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.Error, ProcessLookupError):
            continue
    return found


def ended(driver: "subprocess.Popen[str]") -> tuple[int, str]:
    """Exit code and errors of a driver, after a look at what it left behind."""
    _, errors = driver.communicate(timeout=120)
    _, alive = psutil.wait_procs(group(driver), timeout=60)
    assert alive == []
    return driver.returncode, errors


def table(home: Path) -> pd.DataFrame:
    with Database(f"sqlite:///{home}/studies.db", must_exist=True) as database:
        trials = database.study("mine@small").trials
        assert trials.orphans() == []
        assert trials.untold() == []
        frame = trials.trials_frame()
    return frame[["number", "arm", "state", "overall", "sst", "best_epoch", "epochs", "params.learning_rate"]]


def test_a_sweep_that_is_stopped_goes_on(
    folder: Path, sweeper: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(folder / "studies/workloads/small.yaml", SMALL.replace("epochs: 2", "epochs: 30"))
    home = folder / "home"
    stopped = "Stopped; go on with: sweeper resume mine@small\n"

    # While the server that forks the trials still loads its libraries.
    driver = start(home)
    wait_for(driver, "trial 0 starts")
    wait_for_server(driver)
    time.sleep(0.5)
    os.killpg(driver.pid, signal.SIGINT)
    assert ended(driver) == (130, stopped)

    # Between two epochs.
    driver = start(home)
    wait_for(driver, "trial 1 epoch 2/30")
    driver.send_signal(signal.SIGTERM)
    assert ended(driver) == (143, stopped)
    assert "complete" in set(table(home)["state"])
    assert "running" in set(table(home)["state"])

    # With the terminal gone: SIGHUP from the shell and from the system, and nobody who reads.
    driver = start(home)
    wait_for(driver, "trial 1 continues")
    for stream in (driver.stdout, driver.stderr):
        assert stream is not None
        stream.close()
    for _ in range(2):
        os.killpg(driver.pid, signal.SIGHUP)
    assert driver.wait(120) == 129
    _, alive = psutil.wait_procs(group(driver), timeout=60)
    assert alive == []

    monkeypatch.setenv("SWEEPER_HOME", str(home))
    said = sweeper(*RUN, "--executor", "inline")
    assert (said.code, said.err) == (0, "")
    assert "trial 1 continues" in said.out
    monkeypatch.setenv("SWEEPER_HOME", str(folder / "undisturbed"))
    assert sweeper(*RUN, "--executor", "inline").code == 0
    assert list(table(home)["number"]) == list(range(TRIALS))
    pd.testing.assert_frame_equal(table(home), table(folder / "undisturbed"), check_exact=True)
