"""Slow, idle and hostile clients beside a working one: it is answered, and what they cost the daemon is bounded."""

import contextlib
import os
import resource
import select
import socket

import pytest

from Support import cim
from Support.cim import exchange, post, read_answer, simple_request
from Support.daemon import fake_config, running, wait_until
from Support.other_user import connected_as

REQUEST = post(simple_request("EnumerateClassNames"), "EnumerateClassNames")
LONG = post(
    simple_request("EnumerateClasses", '<IPARAMVALUE NAME="DeepInheritance"><VALUE>TRUE</VALUE></IPARAMVALUE>'),
    "EnumerateClasses")
# What an idle connection may take of the daemon's memory: its channel, its handler, its place in the event loop.
IDLE_CONNECTION_BYTES = 16 * 1024
STRANGER = 30099


def connect(daemon):
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    peer.connect(daemon.socket_path)  # without a timeout: with one it fails at once when the daemon's queue is full
    peer.settimeout(60)
    return peer


def resident(daemon):
    with open(f"/proc/{daemon.process.pid}/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:"))


def work(daemon, times=20):
    """What a working client does, and what it must get."""
    client = cim.connection(daemon)
    service = cim.service(client)
    for _ in range(times):
        assert client.GetInstance(service)["Name"] == service["Name"]
        assert len(client.EnumerateInstanceNames("KVM_ComputerSystem")) == 10


@contextlib.contextmanager
def open_files(soft):
    """So many files for this process and those that it starts; as many as may be had, afterwards."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)


def test_ten_thousand_idle_connections_cost_a_working_one_nothing():
    count = 10_000
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard != resource.RLIM_INFINITY and hard < count + 500:
        pytest.skip(f"{count} connections need {count + 500} open files; the hard limit here is {hard}")
    with running(fake_config(limits=f"connections: {count + 100}\nidleSeconds: 600"), start=False) as daemon:
        with open_files(1024):
            daemon.start()  # it raises its limit by itself
        with open_files(count + 500), contextlib.ExitStack() as idle:
            work(daemon)
            before = resident(daemon)
            for _ in range(count):
                peer = idle.enter_context(connect(daemon))
            peer.sendall(REQUEST)
            assert read_answer(peer).status == 200  # the last one is accepted, so all are
            work(daemon)
            assert len(os.listdir(f"/proc/{daemon.process.pid}/fd")) > count
            assert resident(daemon) - before < count * IDLE_CONNECTION_BYTES
        wait_until(lambda: len(os.listdir(f"/proc/{daemon.process.pid}/fd")) < 200, what="the end of idle connections")
        work(daemon)


def test_clients_that_dribble_are_cut_off_and_hold_nobody_up():
    with running(fake_config(limits="requestSeconds: 5")) as daemon, contextlib.ExitStack() as slow:
        head = [slow.enter_context(connect(daemon)) for _ in range(200)]
        body = [slow.enter_context(connect(daemon)) for _ in range(200)]
        for peer in head:
            peer.sendall(b"POST /cimom HTTP/1.1\r\nHost: x\r\nX-")
        for peer in body:
            peer.sendall(REQUEST[:-10])
        work(daemon)
        for peer in head + body:
            with contextlib.suppress(BrokenPipeError):
                peer.sendall(b"a")  # a byte now and then does not buy more time
        for peer in head + body:
            assert read_answer(peer).status == 408


def test_a_client_that_never_reads_is_cut_off_and_holds_nobody_up():
    with running(fake_config(limits="responseSeconds: 1\nconcurrentRequests: 4")) as daemon, contextlib.ExitStack() as deaf:
        peers = [deaf.enter_context(connect(daemon)) for _ in range(50)]
        work(daemon)
        before = resident(daemon)
        for peer in peers:
            peer.setblocking(False)
            with contextlib.suppress(BlockingIOError, BrokenPipeError, ConnectionResetError):
                while True:  # as many requests as the daemon takes, and no look at an answer
                    peer.send(LONG)
        work(daemon)
        for peer in peers:
            hangup = select.poll()
            hangup.register(peer, 0)
            assert hangup.poll(60_000), "a client that does not read is still connected"
        # One answer each, and one request each.
        assert resident(daemon) - before < 64 * 1024 * 1024
        work(daemon)


def test_a_flood_of_pipelined_requests_is_answered_beside_a_working_client(shared_daemon):
    count = 2000
    with connect(shared_daemon) as peer:
        poller = select.poll()
        poller.register(peer, select.POLLIN | select.POLLOUT)
        peer.setblocking(False)
        sent, seen, tail = 0, 0, b""
        data = REQUEST * count
        half_way = False
        while seen < count:
            event = poller.poll(60_000)
            assert event, f"{seen} of {count} answers, then nothing"
            if event[0][1] & select.POLLIN:
                part = peer.recv(1 << 20)
                assert part, f"closed after {seen} of {count} answers"
                seen += (tail + part).count(b"HTTP/1.1 200 OK")
                tail = (tail + part)[-14:]
            if event[0][1] & select.POLLOUT and sent < len(data):
                sent += peer.send(data[sent:sent + 65536])
                if sent == len(data):
                    poller.modify(peer, select.POLLIN)
            if seen > count // 2 and not half_way:
                half_way = True
                work(shared_daemon, times=3)


@contextlib.contextmanager
def open_to_all(limits):
    """A daemon to which every user of the machine may connect."""
    with running(fake_config(limits=limits, access="everyone: observer"), start=False) as daemon:
        os.chmod(daemon.directory, 0o711)
        yield daemon.start()


def connect_as_stranger(daemon):
    peer = connected_as(STRANGER, daemon.socket_path)
    peer.settimeout(60)
    return peer


def assert_over_share(answer, share):
    assert answer.status == 503
    assert f"user {STRANGER} may have {share}, and has them".encode() in answer.body


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be other users")
def test_a_user_with_all_the_connections_it_may_have_keeps_nobody_out():
    with open_to_all("connections: 20\nidleSeconds: 600") as daemon, contextlib.ExitStack() as held:
        peers = [held.enter_context(connect_as_stranger(daemon)) for _ in range(10)]
        for peer in peers:
            peer.sendall(REQUEST)
            assert read_answer(peer).status == 200
        with connect_as_stranger(daemon) as one_more:
            assert_over_share(read_answer(one_more), 10)
        work(daemon, times=3)
        peers[0].sendall(REQUEST)
        assert read_answer(peers[0]).status == 200


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can be other users")
def test_a_user_with_all_the_bytes_it_may_hold_keeps_nobody_out():
    limits = "bufferedBytes: 4194304\nrequestSeconds: 600"
    unfinished = b"POST /cimom HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n" + b" " * 1_500_000
    with open_to_all(limits) as daemon, connect_as_stranger(daemon) as first, connect_as_stranger(daemon) as second:
        first.sendall(unfinished)
        second.sendall(unfinished)
        # Together they are over; one of them is told so, and the other goes on holding what it has.
        told, _, _ = select.select([first, second], [], [], 60)
        assert len(told) == 1
        assert_over_share(read_answer(told[0]), 2097152)
        work(daemon, times=3)
        large = post(simple_request("EnumerateClassNames") + b"\n" * 2_000_000, "EnumerateClassNames")
        assert exchange(daemon.socket_path, large).status == 200


@pytest.mark.parametrize("rubbish", [
    b"\x00" * 100_000, b"\r\n" * 100_000, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" * 100, os.urandom(50_000),
    b"POST / HTTP/1.1\r\n" + b"A: b\r\n" * 10_000, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
], ids=["zeros", "line-ends", "tls", "noise", "many-headers", "http2"])
def test_rubbish_harms_nobody(shared_daemon, rubbish):
    with connect(shared_daemon) as peer:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            peer.sendall(rubbish)
            peer.shutdown(socket.SHUT_WR)
            while peer.recv(65536):
                pass
    assert exchange(shared_daemon.socket_path, REQUEST).status == 200
