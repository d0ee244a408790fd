"""Acts as another user: in a child that gives up root before it does anything."""

import os
import pickle
import socket
import traceback
# Loaded by pywbem when it is needed: then it must be loaded already, for the other user may not be able to read it.
import xml.sax.expatreader  # noqa: F401


def as_user(user, act, group=65534, groups=()):
    """Calls `act()` in a process of that user; returns what it returns, raises what it raises."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reader)
        try:
            _become(user, group, groups)
            outcome = (True, act())
        except BaseException as error:  # whatever it is, the parent must hear of it
            outcome = (False, (type(error).__name__, str(error), traceback.format_exc()))
        with os.fdopen(writer, "wb") as pipe:
            pickle.dump(outcome, pipe)
        os._exit(0)
    os.close(writer)
    try:
        with os.fdopen(reader, "rb") as pipe:
            succeeded, value = pickle.load(pipe)
    finally:
        os.waitpid(child, 0)
    if not succeeded:
        name, text, story = value
        raise OtherUserError(name, text, story)
    return value


def connected_as(user, path, group=65534, groups=()):
    """A socket that a process of that user connected: the kernel tells the other end about that one for good."""
    near, far = socket.socketpair()
    with near, far:
        def connect():
            with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
                peer.connect(path)
                socket.send_fds(far, [b"x"], [peer.fileno()])
        as_user(user, connect, group, groups)
        _, descriptors, _, _ = socket.recv_fds(near, 1, 1)
    return socket.socket(fileno=descriptors[0])


class OtherUserError(Exception):
    """What an act of another user raised: `name` of its type, `text`."""

    def __init__(self, name, text, story):
        super().__init__(f"{name}: {text}\n{story}")
        self.name = name
        self.text = text


def _become(user, group, groups):
    os.setgroups(list(groups))
    os.setresgid(group, group, group)
    os.setresuid(user, user, user)
