"""From the start of the process to the first answer on its socket, with our schema."""

import select
import socket
import statistics
import time

from Support.daemon import running

from result import Result

BOUND_SECONDS = 0.150
STARTS = 7


def run(_):
    seconds = statistics.median(one_start() for _ in range(STARTS))
    return [Result(f"start to first answer, median of {STARTS}", seconds * 1000, BOUND_SECONDS * 1000, "ms", "<=", 1)]


def one_start():
    with running(start=False) as daemon:
        begin = time.monotonic()
        daemon.start(expect_ready=False)
        while not answers(daemon.socket_path):
            assert daemon.process.poll() is None, daemon.log()
            assert time.monotonic() < begin + 30, daemon.log()
            select.select([], [], [], 0.001)
        return time.monotonic() - begin


def answers(path):
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
        try:
            peer.connect(path)
        except (FileNotFoundError, ConnectionRefusedError):
            return False
        peer.settimeout(30)
        peer.sendall(b"OPTIONS * HTTP/1.1\r\nHost: localhost\r\n\r\n")
        return peer.recv(65536).startswith(b"HTTP/1.1 200 ")
