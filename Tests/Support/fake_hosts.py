"""`migrationd fake-hosts`: the fake hypervisor's world in a process of its own, which daemons come and go from."""

import contextlib
import pathlib
import shutil
import signal
import tempfile

from Support.daemon import BINARY, Daemon, fake_config
from Support.process import LoggingProcess
from Support.world import ask_world


class FakeHosts(LoggingProcess):
    """A world of the hosts and guests that `text` (YAML) describes, and the daemons on it."""

    def __init__(self, directory, text, speed):
        self.directory = pathlib.Path(directory)
        self.socket_path = str(self.directory / "hosts.sock")
        self.control_path = str(self.directory / "world.sock")
        file = self.directory / "world.yaml"
        file.write_text(text)
        super().__init__(
            "fake-hosts",
            [BINARY, "fake-hosts", "--world", file, "--socket", self.socket_path, "--control", self.control_path,
             "--speed", speed],
            self.directory / "world.log")
        self.daemons = []

    def start(self):
        begin = self.launch()
        for line in ("ready", "world open"):
            self.wait_for_log(line, begin)
        return self

    def command(self, name, **arguments):
        return ask_world(self.control_path, {"command": name, **arguments})

    def dump(self):
        return self.command("dump")["world"]

    def copies(self, guest):
        """Every host's domain of that name, by host."""
        return {host["name"]: domain for host in self.dump()["hosts"] for domain in host["guests"]
                if domain["name"] == guest}

    def daemon(self, **settings):
        """A daemon on this world, not started yet. `settings` as of `fake_config`."""
        directory = self.directory / f"daemon-{len(self.daemons) + 1}"
        directory.mkdir()
        daemon = Daemon(directory, fake_config(world_socket=self.socket_path, **settings))
        self.daemons.append(daemon)
        return daemon

    def end(self):
        """Ends every daemon and then the world, also when one of them does not want to."""
        with contextlib.ExitStack() as ends:
            for process in [self, *self.daemons]:
                ends.callback(process.stop, signal.SIGKILL)


@contextlib.contextmanager
def standing(text, speed=50):
    """A world in a private directory, ended with its daemons and removed whatever the test does."""
    directory = tempfile.mkdtemp(prefix="migrationd-test-", dir="/var/tmp")
    hosts = FakeHosts(directory, text, speed)
    try:
        yield hosts.start()
    finally:
        try:
            hosts.end()
        finally:
            shutil.rmtree(directory, ignore_errors=True)
