"""The daemon's socket on loopback, for clients that know only TCP."""

import contextlib
import os
import socket
import subprocess

from Support.daemon import wait_until


@contextlib.contextmanager
def on_loopback(socket_path):
    """Gives a port of 127.0.0.1 that leads to a Unix socket, for as long as the context lasts."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    bridge = subprocess.Popen(
        ["socat", f"TCP-LISTEN:{port},bind=127.0.0.1,reuseaddr,fork", f"UNIX-CONNECT:{socket_path}"],
        start_new_session=True)

    def listens():
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return True

    try:
        wait_until(listens, what="socat")
        yield port
    finally:
        os.killpg(bridge.pid, 15)
        bridge.wait(10)
