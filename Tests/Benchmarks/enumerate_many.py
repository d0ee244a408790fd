"""EnumerateInstances of 10,000 guests to a client that reads slowly: how far the daemon's memory grows meanwhile, against
the size of the answer."""

import pathlib
import select
import socket
import tempfile

from Support.cim import post, simple_request
from Support.daemon import fake_config, running, wait_until

from result import Result

GUESTS = 10_000
BOUND = 0.25
REQUEST = simple_request(
    "EnumerateInstances", '<IPARAMVALUE NAME="ClassName"><CLASSNAME NAME="KVM_ComputerSystem"></CLASSNAME></IPARAMVALUE>')


def run(_):
    with tempfile.TemporaryDirectory(prefix="migrationd-bench-", dir="/var/tmp") as scratch:
        world = pathlib.Path(scratch) / "world.yaml"
        world.write_text(crowded_world())
        with running(fake_config(world_file=world)) as daemon:
            size = wait_until(lambda: whole(daemon), deadline=120, what=f"{GUESTS} guests")
            before = peak(daemon.process.pid)
            assert read(daemon, pause=0.02) == size
            growth = peak(daemon.process.pid) - before
    return [Result(f"memory for EnumerateInstances of {GUESTS:,}", growth / 2**20, size / 2**20, "MiB", "<=", BOUND)]


def crowded_world():
    guests = "".join(
        f"      - {{name: guest{number}, uuid: 40000000-0000-4000-8000-{number:012d}, memoryMiB: 1}}\n"
        for number in range(GUESTS))
    hosts = "".join(
        f"  - name: {name}\n    uuid: {digit}0000000-0000-4000-8000-000000000001\n    memoryMiB: 1048576\n"
        + (f"    guests:\n{guests}" if name == "alpha" else "")
        for digit, name in enumerate(("alpha", "beta", "gamma"), 1))
    return f"linkMiBPerSecond: 1000\nhosts:\n{hosts}"


def whole(daemon):
    """The size of the answer once all guests are in it; read quickly, which also warms the daemon up."""
    size = read(daemon, pause=0, expected=GUESTS)
    return size


def read(daemon, pause, expected=None):
    """Bytes of the answer; `None` when it does not have the expected number of instances."""
    count, size, tail = 0, 0, b""
    mark = b"<VALUE.NAMEDINSTANCE>"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
        peer.connect(daemon.socket_path)
        peer.settimeout(60)
        peer.sendall(post(REQUEST, "EnumerateInstances", Connection="close"))
        while part := peer.recv(1 << 18):
            size += len(part)
            count += (tail + part).count(mark)
            tail = (tail + part)[-len(mark) + 1:]
            select.select([], [], [], pause)
    return None if expected and count != expected else size


def peak(process):
    """The most memory that a process has had, in bytes."""
    status = pathlib.Path(f"/proc/{process}/status").read_text()
    return next(int(line.split()[1]) * 1024 for line in status.splitlines() if line.startswith("VmHWM:"))
