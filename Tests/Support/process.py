"""A process of ours that logs, and that no test leaves behind."""

import os
import re
import select
import signal
import subprocess
import time

DEADLINE = 30.0


class LoggingProcess:
    """`command` with its log in a file. `name` stands in messages."""

    def __init__(self, name, command, log_path):
        self.name = name
        self.arguments = [str(argument) for argument in command]
        self.log_path = log_path
        self.process = None

    def launch(self, environment=None):
        """Starts it; returns where its log begins."""
        start = self.log_path.stat().st_size if self.log_path.exists() else 0
        with open(self.log_path, "ab") as log:
            self.process = subprocess.Popen(
                self.arguments, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
                env={**os.environ, **(environment or {})})
        return start

    def wait_for_log(self, pattern, start=0, deadline=DEADLINE):
        """Waits until the log says `pattern`; returns the match."""
        end = time.monotonic() + deadline
        while True:
            text = self.log_since(start)
            found = re.search(pattern, text)
            if found:
                return found
            if self.process.poll() is not None:
                raise AssertionError(f"{self.name} ended with {self.process.returncode}:\n{text}")
            if time.monotonic() > end:
                raise AssertionError(f"no '{pattern}' in the log within {deadline} s:\n{text}")
            self.ended_within(0.02)

    def ended_within(self, seconds):
        """Whether it ends in that time; returns as soon as it does."""
        if self.process.poll() is None:
            descriptor = os.pidfd_open(self.process.pid)
            try:
                select.select([descriptor], [], [], seconds)
            finally:
                os.close(descriptor)
        return self.process.poll() is not None

    def log(self):
        return self.log_since(0)

    def log_since(self, start):
        return self.log_path.read_bytes()[start:].decode("utf-8", "replace") if self.log_path.exists() else ""

    def stop(self, sig=signal.SIGTERM, deadline=DEADLINE):
        """Ends it; returns its exit status."""
        if self.process is None:
            return None
        if self.process.poll() is None:
            self.process.send_signal(sig)
        try:
            status = self.process.wait(deadline)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"{self.name} did not end within {deadline} s of signal {sig}:\n{self.log()}")
        self.process = None
        return status
