"""HTTP as the standards say, over the real socket: methods, versions, framing, negotiation (RFC 9110, 9112; DSP0200 6, 7)."""

import socket

import pytest

from Support.cim import exchange, post, read_answer, simple_request
from Support.daemon import fake_config, running

NAMES = simple_request("EnumerateClassNames")
REQUEST = post(NAMES, "EnumerateClassNames")
EXTENSION = "http://www.dmtf.org/cim/mapping/http/v1.0"


def ask(daemon, body=NAMES, method="EnumerateClassNames", **headers):
    return exchange(daemon.socket_path, post(body, method, **headers))


def connect(daemon):
    peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    peer.settimeout(30)
    peer.connect(daemon.socket_path)
    return peer


def array(count):
    return f'<IPARAMVALUE NAME="PropertyList"><VALUE.ARRAY>{"<VALUE>x</VALUE>" * count}</VALUE.ARRAY></IPARAMVALUE>'


# Methods


@pytest.mark.parametrize("path", ["/cimom", "*"])
def test_options_tells_what_can_be_asked(shared_daemon, path):
    answer = exchange(shared_daemon.socket_path, f"OPTIONS {path} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
    assert answer.status == 200 and answer.body == b""
    assert set(answer.headers["allow"].split(", ")) == {"OPTIONS", "POST", "M-POST"}
    uri, _, number = answer.headers["opt"].partition(" ; ns=")
    assert uri == EXTENSION
    assert answer.headers[f"{number}-cimprotocolversion"] == "1.0"
    assert "basic-read" in answer.headers[f"{number}-cimsupportedfunctionalgroups"].split(", ")
    assert answer.headers[f"{number}-cimvalidation"] == "validating"


@pytest.mark.parametrize("method, status", [
    ("GET", 405), ("HEAD", 405), ("PUT", 405), ("DELETE", 405), ("TRACE", 405), ("BREW", 501)])
def test_other_methods_are_refused(shared_daemon, method, status):
    with connect(shared_daemon) as peer:
        peer.sendall(f"{method} /cimom HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
        answer = b"".join(iter(lambda: peer.recv(65536), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    assert head.startswith(f"HTTP/1.1 {status} ".encode())
    assert (b"Allow: OPTIONS, POST, M-POST" in head) == (status == 405)
    assert (body == b"") == (method == "HEAD")


def mandatory(body, man=f"{EXTENSION} ; ns=73", **fields):
    fields = {"CIMOperation": "MethodCall", "CIMMethod": "EnumerateClassNames", "CIMObject": "root/virt", **fields}
    lines = [f"73-{name}: {value}" for name, value in fields.items()] + ([f"Man: {man}"] if man else [])
    head = "\r\n".join(["M-POST /cimom HTTP/1.1", "Host: x", "Content-Type: text/xml", *lines])
    return f"{head}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def test_m_post_is_answered_in_kind(shared_daemon):
    answer = exchange(shared_daemon.socket_path, mandatory(NAMES))
    assert answer.status == 200 and answer.cim_code is None
    assert answer.headers["man"] == f"{EXTENSION} ; ns=73"
    assert answer.headers["ext"] == "" and answer.headers["cache-control"] == "no-cache"
    assert answer.headers["73-cimoperation"] == "MethodResponse"
    refused = exchange(shared_daemon.socket_path, mandatory(NAMES, CIMMethod="GetClass"))
    assert (refused.status, refused.headers["73-cimerror"]) == (400, "header-mismatch")


@pytest.mark.parametrize("man", [None, "http://example.com/other ; ns=73"])
def test_m_post_without_its_extension_is_510(shared_daemon, man):
    assert exchange(shared_daemon.socket_path, mandatory(NAMES, man)).status == 510


# Versions and connections


@pytest.mark.parametrize("version, status", [("HTTP/1.0", 200), ("HTTP/1.1", 200), ("HTTP/1.9", 200),
                                             ("HTTP/2.0", 505), ("HTTP/0.9", 505), ("HTTX/1.1", 400), ("http/1.1", 400)])
def test_versions(shared_daemon, version, status):
    assert exchange(shared_daemon.socket_path, REQUEST.replace(b"HTTP/1.1", version.encode(), 1)).status == status


@pytest.mark.parametrize("change", [
    (b"Host: localhost\r\n", b""), (b"Host: localhost", b"Host: a\r\nHost: a"), (b"Host: localhost", b"Host: a b"),
    (b"Host: localhost", b"Host : a"), (b"Host: localhost", b"Host: a\r\n folded: b"), (b"\r\n", b"\n"),
    (b"POST /cimom", b"POST  /cimom"), (b"POST /cimom", b"POST cimom"),
    (b"Content-Length", b"Content-Length: 1\r\nContent-Length"), (b"Content-Length: ", b"Content-Length: +"),
    (b"Content-Length", b"Transfer-Encoding: chunked\r\nContent-Length"),
], ids=["no-host", "two-hosts", "bad-host", "blank-before-colon", "folded", "lf", "two-blanks", "relative", "two-lengths",
        "signed-length", "length-and-chunked"])
def test_a_head_that_can_be_read_in_two_ways_is_400(shared_daemon, change):
    answer = exchange(shared_daemon.socket_path, REQUEST.replace(*change, 1))
    assert answer.status == 400
    assert answer.headers["connection"] == "close"
    assert answer.body  # says what is wrong


def test_an_old_client_is_answered_and_left(shared_daemon):
    request = REQUEST.replace(b"HTTP/1.1", b"HTTP/1.0", 1).replace(b"Host: localhost\r\n", b"")
    with connect(shared_daemon) as peer:
        peer.sendall(request)
        answer = read_answer(peer)
        assert answer.status == 200 and answer.headers["connection"] == "close"
        assert peer.recv(1) == b""


def test_an_old_client_may_keep_the_connection(shared_daemon):
    request = REQUEST.replace(b"HTTP/1.1", b"HTTP/1.0", 1).replace(b"Host", b"Connection: keep-alive\r\nHost", 1)
    with connect(shared_daemon) as peer:
        for _ in range(2):
            peer.sendall(request)
            assert read_answer(peer).headers["connection"] == "keep-alive"


def test_the_client_may_close(shared_daemon):
    with connect(shared_daemon) as peer:
        peer.sendall(post(NAMES, "EnumerateClassNames", Connection="close"))
        assert read_answer(peer).headers["connection"] == "close"
        assert peer.recv(1) == b""


def test_pipelined_requests_are_answered_in_order(shared_daemon):
    requests = [post(simple_request("EnumerateClassNames", message_id=str(n)), "EnumerateClassNames") for n in range(20)]
    with connect(shared_daemon) as peer:
        peer.sendall(b"".join(requests))
        peer.shutdown(socket.SHUT_WR)
        answers = b"".join(iter(lambda: peer.recv(65536), b""))
    assert [answers.find(f'ID="{n}"'.encode()) > 0 for n in range(20)] == [True] * 20
    assert answers.count(b"HTTP/1.1 200 OK\r\n") == 20


# Framing


def chunked(body, size=7, extension=b"", trailers=b""):
    pieces = [body[at:at + size] for at in range(0, len(body), size)]
    chunks = b"".join(b"%x%s\r\n%s\r\n" % (len(piece), extension, piece) for piece in pieces)
    head = post(body, "EnumerateClassNames", Content_Length=None, Transfer_Encoding="chunked")[:-len(body)]
    return head + chunks + b"0\r\n" + trailers + b"\r\n"


@pytest.mark.parametrize("options", [
    {}, {"size": 1}, {"size": 100_000}, {"extension": b";name=value"}, {"trailers": b"X-Sum: 1\r\nX-Other: 2\r\n"}])
def test_chunked_requests(shared_daemon, options):
    with connect(shared_daemon) as peer:
        for _ in range(2):
            peer.sendall(chunked(NAMES, **options))
            assert read_answer(peer).status == 200


@pytest.mark.parametrize("coding, status", [("gzip, chunked", 501), ("chunked, chunked", 400), ("identity", 501)])
def test_other_transfer_codings(shared_daemon, coding, status):
    assert ask(shared_daemon, Content_Length=None, Transfer_Encoding=coding).status == status


@pytest.mark.parametrize("chunks", [b"x\r\n", b"5\r\nabc\r\n", b"-1\r\n", b"5\nabcde\r\n", b"3\r\nabcdef\r\n0\r\n\r\n"])
def test_broken_chunks_are_400(shared_daemon, chunks):
    head = post(b"", "EnumerateClassNames", Content_Length=None, Transfer_Encoding="chunked")
    with connect(shared_daemon) as peer:
        peer.sendall(head + chunks)
        peer.shutdown(socket.SHUT_WR)
        assert read_answer(peer).status == 400


def test_a_client_that_waits_is_told_to_go_on(shared_daemon):
    request = post(NAMES, "EnumerateClassNames", Expect="100-continue")
    with connect(shared_daemon) as peer:
        peer.sendall(request[:-len(NAMES)])
        assert peer.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        peer.sendall(NAMES)
        assert read_answer(peer).status == 200
    assert ask(shared_daemon, Expect="tea").status == 417


# What is sent, what is wanted


@pytest.mark.parametrize("headers, status", [
    ({"Content_Type": "text/xml"}, 200), ({"Content_Type": "application/xml; charset=UTF-8"}, 200),
    ({"Content_Type": "application/xml; charset=iso-8859-1"}, 415), ({"Content_Type": "text/html"}, 415),
    ({"Content_Type": None}, 415), ({"Content_Encoding": "gzip"}, 415), ({"Content_Encoding": "identity"}, 200),
    ({"Accept": "*/*"}, 200), ({"Accept": "text/xml, application/xml"}, 200), ({"Accept": "text/html"}, 406),
    ({"Accept_Charset": "utf-8"}, 200), ({"Accept_Charset": "iso-8859-1"}, 406),
    ({"Accept_Encoding": "gzip, deflate"}, 200), ({"Accept_Encoding": "identity;q=0"}, 406),
    ({"Accept_Ranges": "bytes"}, 406), ({"Range": "bytes=0-1"}, 406), ({"Accept_Language": "de"}, 200),
    ({"TE": "trailers"}, 200), ({"Authorization": "Basic eDp5"}, 200), ({"Upgrade": "h2c"}, 200),
])
def test_negotiation(shared_daemon, headers, status):
    assert ask(shared_daemon, **headers).status == status


@pytest.mark.parametrize("headers, error", [
    ({"CIMOperation": None}, "unsupported-operation"), ({"CIMOperation": "Other"}, "unsupported-operation"),
    ({"CIMMethod": None}, "header-mismatch"), ({"CIMObject": None}, "header-mismatch"), ({"CIMBatch": ""}, "header-mismatch"),
    ({"CIMProtocolVersion": "1.7"}, "header-mismatch"), ({"cimmethod": "EnumerateClassNames"}, "header-mismatch"),
])
def test_headers_that_do_not_fit_the_message(shared_daemon, headers, error):
    answer = ask(shared_daemon, **headers)
    assert (answer.status, answer.headers["cimerror"]) == (400, error)
    assert "cimoperation" not in answer.headers


# Limits


@pytest.fixture(scope="module")
def small_daemon():
    limits = """
        headerBytes: 1024
        bodyBytes: 8192
        xmlDepth: 16
        xmlElements: 100
        xmlAttributes: 16
        arrayElements: 10
        connections: 20
    """
    with running(fake_config(limits="\n".join(line.strip() for line in limits.strip().splitlines()))) as started:
        yield started


def test_each_limit_has_its_answer(small_daemon):
    def get_class(parameters):
        return ask(small_daemon, simple_request("GetClass", parameters), "GetClass")

    assert ask(small_daemon).status == 200
    assert ask(small_daemon, X_Filler="x" * 1024).status == 431
    assert ask(small_daemon, NAMES + b" " * 8192).status == 413
    assert exchange(small_daemon.socket_path, chunked(b" " * 8193, size=5000)).status == 413
    deep, wide, many = b"<CIM>" * 17, b"<CIM " + b" ".join(b'a%d="1"' % n for n in range(17)) + b">", b"<CIM>" + b"<a/>" * 100
    for document in (deep, wide, many):
        answer = ask(small_daemon, document)
        assert (answer.status, answer.headers["cimerror"]) == (400, "request-not-valid")
        assert b"more than" in answer.body
    assert get_class(array(10)).cim_code == 4  # only the class is missing
    answer = get_class(array(11))
    assert (answer.status, answer.cim_code) == (200, 27)
    assert "limits.arrayElements" in answer.tree.find(".//ERROR").get("DESCRIPTION")


def test_connections_over_the_limit_are_told(small_daemon):
    peers = [connect(small_daemon) for _ in range(20)]
    try:
        for peer in peers:  # all of them are open on the daemon's side, too
            peer.sendall(REQUEST)
            assert read_answer(peer).status == 200
        assert exchange(small_daemon.socket_path, REQUEST).status == 503
    finally:
        for peer in peers:
            peer.close()
