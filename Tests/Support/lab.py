"""The two-host lab for tests, always torn down."""

import contextlib
import os
import pathlib
import re
import subprocess
import tempfile

from Support.daemon import ROOT, _indent, wait_until

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

    def background_virsh(self, host, *arguments):
        """A virsh command that goes on; the process. It ends with its migration."""
        return subprocess.Popen(["virsh", "-q", "-c", self.uri(host), *arguments], stdin=subprocess.DEVNULL,
                                stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

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

    def define_private(self, host, name, autostart=False):
        """A running guest whose disk lies in a directory of the host's own; returns the disk's path as the host sees it,
        which is another file on the other host."""
        self.script("disk", str(self.private(host, name)), "1M")
        path = self.directory / "private" / f"{name}.img"
        file = self.directory / f"{name}.xml"
        file.write_text(self.script("guest", name, str(path)).stdout)
        self.virsh(host, "define", str(file))
        self.virsh(host, "start", name)
        return path

    def private(self, host, name):
        """The file, from outside, that a guest's private disk is on a host."""
        return self.directory / f"host{host}" / "private" / f"{name}.img"

    def busy(self, name, autostart=False):
        """A guest on A that writes memory so fast that its migration is under way for as long as a test needs."""
        self.define("A", name, disk_arguments=["--pages", "400", "--limit-mib", "48", "--never-sleep"],
                    guest_arguments=["--memory-mib", "64"])
        if autostart:
            self.virsh("A", "autostart", name)
        self.lives("A", name)

    def is_moving(self, name):
        """Whether A's libvirt works on a migration of the guest."""
        return "Unbounded" in self.virsh("A", "domjobinfo", name, check=False).stdout

    def let_it_end(self, name):
        """Gives a move under way time enough to send what is left."""
        self.virsh("A", "migrate-setmaxdowntime", name, "30000")

    def mark(self, host, name):
        """The ownership mark in a guest's metadata, as its attributes; `None` where there is none."""
        done = self.virsh(host, "metadata", name, "urn:migrationd:ownership:1", check=False)
        return dict(re.findall(r"(\w+)=['\"]([^'\"]*)['\"]", done.stdout)) if done.returncode == 0 else None

    def autostarts(self, host, name):
        return re.search(r"Autostart:\s+enable", self.virsh(host, "dominfo", name).stdout) is not None

    def kill_qemu(self, host, name):
        """SIGKILL to the guest's QEMU process on a host."""
        pid = (self.directory / f"host{host}" / "run" / "qemu" / f"{name}.pid")
        number = pid.read_text().strip()
        self.script("exec", host, "kill", "-KILL", number)

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


def lab_config(lab, checks="", migration=""):
    """migrationd for the lab's hosts a and b, whose files it can read as if it ran on both."""

    def config(daemon):
        section = f"checks:\n{_indent(checks)}" if checks else ""
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
    qemuLogDirectory: {lab.directory}/hostA/log/qemu
    qemuConfiguration: {lab.directory}/hostA/etc/qemu.conf
  - name: b
    uri: {lab.uri("B")}
    peerURI: {lab.uri("B", "tcp")}
    qemuLogDirectory: {lab.directory}/hostB/log/qemu
    qemuConfiguration: {lab.directory}/hostB/etc/qemu.conf
migration:
{_indent(migration)}
  sharedPaths:
    - {lab.shared}
{section}
"""

    return config
