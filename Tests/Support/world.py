"""The control socket of a fake world."""

import json
import socket

from Support.process import DEADLINE


def ask_world(path, command):
    """Sends one command to a world's control socket; returns its answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
        peer.settimeout(DEADLINE)
        peer.connect(path)
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
