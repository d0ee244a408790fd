"""Starts the real daemon for a test and never leaves it behind."""

import contextlib
import os
import pathlib
import select
import shutil
import signal
import subprocess
import tempfile
import time

from Support.process import DEADLINE, LoggingProcess
from Support.world import ask_world

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("MIGRATIOND_BINARY", ROOT / ".build" / "debug" / "migrationd"))


class Daemon(LoggingProcess):
    """migrationd in a directory of its own, on the fake hypervisor unless `config` says otherwise."""

    def __init__(self, directory, config):
        self.directory = pathlib.Path(directory)
        self.config_path = self.directory / "migrationd.yaml"
        super().__init__(
            "migrationd", [BINARY, "serve", "--config", self.config_path], self.directory / "daemon.log")
        self.run_directory = self.directory / "run"
        self.socket_path = str(self.run_directory / "migrationd.sock")
        self.world_path = str(self.run_directory / "world.sock")
        self.state_directory = self.directory / "state"
        self.config_path.write_text(config(self))

    def start(self, expect_ready=True, environment=None):
        self.run_directory.mkdir(mode=0o700, exist_ok=True)
        start = self.launch(environment)
        if expect_ready:
            self.wait_for_log(r"ready", start)
        return self

    def command(self, *arguments, check=None, deadline=120, environment=None):
        """Runs `migrationd ARGUMENTS` against this daemon."""
        done = subprocess.run(
            [str(BINARY), *arguments, "--socket", self.socket_path], stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=deadline, env={**os.environ, **(environment or {})})
        if check is not None:
            assert done.returncode == check, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def offline(self, *arguments, check=None, deadline=120):
        """Runs `migrationd ARGUMENTS --config FILE`: what needs no daemon."""
        done = subprocess.run(
            [str(BINARY), *arguments, "--config", str(self.config_path)], stdin=subprocess.DEVNULL, capture_output=True,
            text=True, timeout=deadline)
        if check is not None:
            assert done.returncode == check, f"exit {done.returncode}\n{done.stdout}\n{done.stderr}"
        return done

    def reload(self, change, expect="configuration reloaded"):
        """Rewrites the configuration with `change` and sends SIGHUP; returns what was logged from then on."""
        self.config_path.write_text(change(self.config_path.read_text()))
        start = self.log_path.stat().st_size
        self.process.send_signal(signal.SIGHUP)
        self.wait_for_log(expect, start)
        return start

    def world(self, **command):
        """Sends one command to the fake hypervisor's control socket; returns its answer."""
        return ask_world(self.world_path, command)


def fake_config(world_file=None, world_socket=None, checks="", limits="", hypervisor="", migration_extra="", access=""):
    """A configuration on the fake hypervisor; `checks` and the like are lines of their sections.

    `world_socket` is that of a world in another process; without it the daemon keeps its own.
    """

    def config(daemon):
        world = (
            f"fakeWorldSocket: {world_socket}" if world_socket else
            f"fakeWorld: {world_file or ROOT / 'config' / 'fake-hosts.yaml'}\n  fakeControlSocket: {daemon.world_path}")
        return f"""
daemon:
  socketPath: {daemon.socket_path}
  stateDirectory: {daemon.state_directory}
  schemaDirectory: {ROOT}/schema
hypervisor:
  driver: fake
  {world}
{_indent(hypervisor)}
hosts:
  - name: alpha
    uri: fake+tcp://alpha/system
  - name: beta
    uri: fake+tcp://beta/system
  - name: gamma
    uri: fake+tcp://gamma/system
migration:
  sourceProofSeconds: 1
  sharedPaths:
    - /srv/shared
{_indent(migration_extra)}
{_section("checks", checks)}
{_section("limits", limits)}
{_section("access", access)}
"""

    return config


def _indent(text):
    return "\n".join("  " + line for line in text.strip().splitlines())


def _section(name, text):
    return f"{name}:\n{_indent(text)}" if text.strip() else ""


@contextlib.contextmanager
def running(config=None, start=True):
    """A daemon in a private directory, ended and removed whatever the test does."""
    directory = tempfile.mkdtemp(prefix="migrationd-test-", dir="/var/tmp")
    daemon = Daemon(directory, config or fake_config())
    try:
        yield daemon.start() if start else daemon
    finally:
        try:
            daemon.stop(signal.SIGKILL)
        finally:
            shutil.rmtree(directory, ignore_errors=True)


def wait_until(condition, deadline=DEADLINE, what="the condition"):
    """Asks again until the condition holds: for what can only be asked, not awaited. Returns its value."""
    end = time.monotonic() + deadline
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < end, f"{what} did not hold within {deadline} s"
        select.select([], [], [], 0.02)
