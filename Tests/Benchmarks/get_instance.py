"""GetInstance through the socket, against a bare NIO handler that answers the same bytes."""

import pathlib
import re
import subprocess
import tempfile

from Support import cim
from Support.daemon import running, wait_until
from Support.process import LoggingProcess

from result import Result

BOUND = 0.5
REQUESTS = 20_000
ROUNDS = 3
CONNECTIONS = (1, 16)


def run(release):
    with running() as daemon, tempfile.TemporaryDirectory(prefix="migrationd-bench-", dir="/var/tmp") as scratch:
        client = cim.connection(daemon)
        objects = {
            "the service": cim.service(client),
            "a guest": cim.guest("web"),
            "a job": cim.ended_job(client),
        }
        results = []
        for what, path in objects.items():
            results += compare(release, daemon, pathlib.Path(scratch), what, path)
        return results


def compare(release, daemon, scratch, what, path):
    request = scratch / "request.xml"
    request.write_bytes(cim.simple_request("GetInstance", parameter(path)))
    answer = cim.exchange(daemon.socket_path, cim.post(request.read_bytes(), "GetInstance"))
    assert answer.status == 200 and answer.cim_code is None, answer.body
    body = scratch / "answer.xml"
    body.write_bytes(answer.body)
    with peer(release, scratch, body) as socket_path:
        for connections in CONNECTIONS:
            load(socket_path, request, connections, REQUESTS // 10)
            load(daemon.socket_path, request, connections, REQUESTS // 10)
            # Turn by turn, and the best of each: what else the machine does meets both.
            rates = [(load(daemon.socket_path, request, connections), load(socket_path, request, connections))
                     for _ in range(ROUNDS)]
            ours, theirs = (max(rate) for rate in zip(*rates))
            yield Result(
                f"GetInstance of {what}, {len(answer.body):,} bytes, {connections} connection(s)", ours, theirs, "/s",
                ">=", BOUND)


def parameter(path):
    return f'<IPARAMVALUE NAME="InstanceName">{path.tocimxmlstr(ignore_host=True, ignore_namespace=True)}</IPARAMVALUE>'


class peer:
    def __init__(self, release, scratch, body):
        self.socket_path = scratch / "peer.sock"
        self.process = LoggingProcess(
            "bench-nio-peer", [release / "bench-nio-peer", self.socket_path, body], scratch / "peer.log")

    def __enter__(self):
        self.socket_path.unlink(missing_ok=True)
        self.process.launch()
        wait_until(self.socket_path.exists, what="the peer's socket")
        return str(self.socket_path)

    def __exit__(self, *_):
        self.process.process.kill()
        self.process.process.wait()


def load(socket_path, body, connections, requests=REQUESTS):
    """Requests in a second, sent one after another on each connection."""
    headers = {
        "Content-Type": 'application/xml; charset="utf-8"', "CIMOperation": "MethodCall", "CIMMethod": "GetInstance",
        "CIMObject": "root/virt"}
    done = subprocess.run(
        ["h2load", "--h1", "-n", str(requests), "-c", str(connections), "-t", "1", "-d", str(body),
         *(part for name, value in headers.items() for part in ("-H", f"{name}: {value}")),
         f"--base-uri=unix:{socket_path}", "http://localhost/cimom"],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=300)
    assert f"status codes: {requests} 2xx" in done.stdout, done.stdout + done.stderr
    return float(re.search(r"([\d.]+) req/s", done.stdout)[1])
