"""The two-host lab for tests, always torn down."""

import contextlib
import os
import pathlib
import re
import subprocess
import tempfile

from Support.daemon import ROOT, wait_until

SCRIPT = ROOT / "Tests" / "Lab" / "lab.sh"
UNABLE = 77


class Lab:
    def __init__(self, directory):
        # A prefix and a network of its own, so that labs can stand side by side.
        number = os.getpid() % 200
        self.directory = pathlib.Path(directory) / "lab"
        self.environment = {**os.environ, "LAB_DIR": str(self.directory), "LAB_PREFIX": f"mdt{number}",
                            "LAB_NET": f"10.97.{number}"}
        self.shared = self.directory / "shared"

    def script(self, *arguments, check=True, deadline=120):
        done = subprocess.run([str(SCRIPT), *arguments], env=self.environment, capture_output=True, text=True,
                              timeout=deadline)
        if check and done.returncode != 0:
            raise AssertionError(f"lab.sh {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}\n{done.stderr}")
        return done

    def uri(self, host, transport="unix"):
        return self.script("uri", host, transport).stdout.strip()

    def virsh(self, host, *arguments, check=True):
        return self.script("virsh", host, *arguments, check=check)

    def state(self, host, guest):
        """`running`, `shut off`, ... or `None` when the host knows no such domain."""
        done = self.virsh(host, "domstate", guest, check=False)
        if done.returncode == 0:
            return done.stdout.strip()
        assert "failed to get domain" in done.stderr or "Domain not found" in done.stderr, done.stderr
        return None

    def is_persistent(self, host, guest):
        return re.search(r"Persistent:\s+yes", self.virsh(host, "dominfo", guest).stdout) is not None

    def define(self, host, name, start=True, disk=None, disk_arguments=(), guest_arguments=(), transient=False):
        """Makes a guest with a disk of its own; returns the disk's path."""
        path = pathlib.Path(disk) if disk else self.shared / f"{name}.img"
        if not path.exists():
            self.script("disk", str(path), "1M", *disk_arguments)
        text = self.script("guest", name, str(path), *guest_arguments).stdout
        file = self.directory / f"{name}.xml"
        file.write_text(text)
        if transient:
            self.virsh(host, "create", str(file))
        else:
            self.virsh(host, "define", str(file))
            if start:
                self.virsh(host, "start", name)
        return path

    def remove(self, name):
        """Ends and undefines a guest wherever it is."""
        for host in "AB":
            self.virsh(host, "destroy", name, check=False)
            self.virsh(host, "undefine", name, check=False)

    def heartbeats(self, host, name):
        """How many times the guest has printed its heartbeat on a host."""
        path = self.directory / f"host{host}" / "log" / "qemu" / f"{name}.serial"
        return path.read_bytes().count(b".") if path.exists() else 0

    def lives(self, host, name):
        """Waits until the guest prints once more."""
        before = self.heartbeats(host, name)
        wait_until(lambda: self.heartbeats(host, name) > before, what=f"a heartbeat of {name} on {host}")


@contextlib.contextmanager
def standing():
    """A lab that stands for as long as the block runs. Raises `Unable` where none can."""
    with tempfile.TemporaryDirectory(prefix="migrationd-lab-", dir="/var/tmp") as directory:
        lab = Lab(directory)
        try:
            done = lab.script("up", check=False)
            if done.returncode == UNABLE:
                raise Unable(done.stderr.strip())
            assert done.returncode == 0, done.stdout + done.stderr
            yield lab
        finally:
            lab.script("down", check=False)


class Unable(Exception):
    """No lab can stand on this machine, for this reason."""


def lab_config(lab, checks=""):
    """migrationd for the lab's hosts a and b."""

    def config(daemon):
        section = "checks:\n" + "\n".join("  " + line for line in checks.splitlines()) if checks else ""
        return f"""
daemon:
  socketPath: {daemon.socket_path}
  stateDirectory: {daemon.state_directory}
  schemaDirectory: {ROOT}/schema
hypervisor:
  driver: libvirt
  refreshSeconds: 5
  connectTimeoutSeconds: 5
hosts:
  - name: a
    uri: {lab.uri("A")}
    peerURI: {lab.uri("A", "tcp")}
  - name: b
    uri: {lab.uri("B")}
    peerURI: {lab.uri("B", "tcp")}
migration:
  sharedPaths:
    - {lab.shared}
{section}
"""

    return config
