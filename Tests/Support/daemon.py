"""Starts the real daemon for a test and never leaves it behind."""

import contextlib
import json
import os
import pathlib
import re
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = pathlib.Path(os.environ.get("MIGRATIOND_BINARY", ROOT / ".build" / "debug" / "migrationd"))
DEADLINE = 30.0


class Daemon:
    """migrationd in a directory of its own, on the fake hypervisor unless `config` says otherwise."""

    def __init__(self, directory, config):
        self.directory = pathlib.Path(directory)
        self.run_directory = self.directory / "run"
        self.socket_path = str(self.run_directory / "migrationd.sock")
        self.world_path = str(self.run_directory / "world.sock")
        self.state_directory = self.directory / "state"
        self.config_path = self.directory / "migrationd.yaml"
        self.config_path.write_text(config(self))
        self.log_path = self.directory / "daemon.log"
        self.process = None

    def start(self, expect_ready=True, environment=None):
        self.run_directory.mkdir(mode=0o700, exist_ok=True)
        log = open(self.log_path, "ab")
        start = self.log_path.stat().st_size
        self.process = subprocess.Popen(
            [str(BINARY), "serve", "--config", str(self.config_path)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
            env={**os.environ, **(environment or {})})
        log.close()
        if expect_ready:
            self.wait_for_log(r"ready", start)
        return self

    def wait_for_log(self, pattern, start=0, deadline=DEADLINE):
        """Waits until the log says `pattern`; returns the match."""
        end = time.monotonic() + deadline
        while True:
            text = self.log_path.read_bytes()[start:].decode("utf-8", "replace")
            found = re.search(pattern, text)
            if found:
                return found
            if self.process.poll() is not None:
                raise AssertionError(f"migrationd ended with {self.process.returncode}:\n{text}")
            if time.monotonic() > end:
                raise AssertionError(f"no '{pattern}' in the log within {deadline} s:\n{text}")
            self._wait_for_change()

    def _wait_for_change(self):
        """Returns when the log may have grown, or the process ended: a pidfd, and a bound for the log."""
        descriptor = os.pidfd_open(self.process.pid)
        try:
            select.select([descriptor], [], [], 0.02)
        finally:
            os.close(descriptor)

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def stop(self, sig=signal.SIGTERM, deadline=DEADLINE):
        """Ends the daemon; returns its exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(sig)
        try:
            status = self.process.wait(deadline)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"migrationd did not end within {deadline} s of signal {sig}:\n{self.log()}")
        self.process = None
        return status

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

    def log_since(self, start):
        return self.log_path.read_bytes()[start:].decode("utf-8", "replace")

    def world(self, **command):
        """Sends one command to the fake hypervisor's control socket; returns its answer."""
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
            peer.settimeout(DEADLINE)
            peer.connect(self.world_path)
            peer.sendall(json.dumps(command).encode() + b"\n")
            answer = b""
            while not answer.endswith(b"\n"):
                part = peer.recv(65536)
                if not part:
                    break
                answer += part
        answer = json.loads(answer)
        assert not answer.get("error"), answer
        return answer


def fake_config(world_file=None, checks="", limits="", hypervisor="", migration_extra=""):
    """A configuration on the fake hypervisor; `checks` and the like are lines of their sections."""

    def config(daemon):
        world = world_file or ROOT / "config" / "fake-hosts.yaml"
        return f"""
daemon:
  socketPath: {daemon.socket_path}
  stateDirectory: {daemon.state_directory}
  schemaDirectory: {ROOT}/schema
hypervisor:
  driver: fake
  fakeWorld: {world}
  fakeControlSocket: {daemon.world_path}
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
