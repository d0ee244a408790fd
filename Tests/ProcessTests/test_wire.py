"""What no stock client sends: every malformed request has its answer, and the daemon is unharmed."""

import re
import socket

import pytest

from Support import cim
from Support.cim import Answer, exchange, post, simple_request
from Support.daemon import running, fake_config

GET_CLASS = '<IPARAMVALUE NAME="ClassName"><CLASSNAME NAME="{}"></CLASSNAME></IPARAMVALUE>'


def ask(daemon, body, method, **headers):
    answer = exchange(daemon.socket_path, post(body, method, **headers))
    if answer.status == 200:
        cim.assert_valid(answer.body)
    return answer


@pytest.fixture(autouse=True)
def unharmed(shared_daemon):
    """After each test the daemon answers an ordinary request."""
    yield
    answer = ask(shared_daemon, simple_request("EnumerateClassNames"), "EnumerateClassNames")
    assert answer.status == 200 and answer.cim_code is None
    assert shared_daemon.process.poll() is None


def test_a_plain_request_is_answered_as_the_standard_says(shared_daemon):
    answer = ask(shared_daemon, simple_request("EnumerateClassNames", message_id="x-7"), "EnumerateClassNames")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("application/xml")
    assert answer.headers["cimoperation"] == "MethodResponse"
    message = answer.tree.find("MESSAGE")
    assert message.get("ID") == "x-7"
    assert message.find("SIMPLERSP/IMETHODRESPONSE").get("NAME") == "EnumerateClassNames"


@pytest.mark.parametrize("body, error", [
    (b"", "request-not-well-formed"),
    (b"not xml", "request-not-well-formed"),
    (b"<CIM><MESSAGE></CIM>", "request-not-well-formed"),
    (b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><CIM>&e;</CIM>',
     "request-not-well-formed"),
    (b"<CIM>\xff\xfe</CIM>", "request-not-well-formed"),
    (b"<OTHER></OTHER>", "request-not-(loosely-)?valid"),
    (b'<CIM CIMVERSION="2.0" DTDVERSION="2.0"></CIM>', "request-not-(loosely-)?valid"),
], ids=["empty", "text", "unbalanced", "entity", "not-utf8", "other", "no-message"])
def test_a_malformed_body_is_400_and_says_why(shared_daemon, body, error):
    answer = ask(shared_daemon, body, "EnumerateClassNames")
    assert answer.status == 400
    assert re.fullmatch(error, answer.headers["cimerror"])


@pytest.mark.parametrize("change, error", [
    ((b'CIMVERSION="2.0"', b'CIMVERSION="9.0"'), "unsupported-cim-version"),
    ((b'DTDVERSION="2.0"', b'DTDVERSION="9.0"'), "unsupported-dtd-version"),
    ((b'PROTOCOLVERSION="1.0"', b'PROTOCOLVERSION="9.0"'), "unsupported-protocol-version"),
])
def test_an_unknown_version_is_501(shared_daemon, change, error):
    answer = ask(shared_daemon, simple_request("EnumerateClassNames").replace(*change), "EnumerateClassNames")
    assert (answer.status, answer.headers["cimerror"]) == (501, error)


def test_headers_must_agree_with_the_body(shared_daemon):
    answer = ask(shared_daemon, simple_request("EnumerateClassNames"), "GetClass")
    assert (answer.status, answer.headers["cimerror"]) == (400, "header-mismatch")
    answer = ask(shared_daemon, simple_request("EnumerateClassNames"), "EnumerateClassNames", CIMObject="root/other")
    assert (answer.status, answer.headers["cimerror"]) == (400, "header-mismatch")


@pytest.mark.parametrize("name, parameters, namespace, code", [
    ("GetClass", GET_CLASS.format("NoSuchClass"), "root/virt", 6),
    ("EnumerateInstances", GET_CLASS.format("NoSuchClass"), "root/virt", 5),
    ("EnumerateInstances", GET_CLASS.format("CIM_Service"), "no/where", 3),
    ("GetClass", "", "root/virt", 4),
    ("GetClass", GET_CLASS.format("CIM_Service") + '<IPARAMVALUE NAME="Nonsense"><VALUE>1</VALUE></IPARAMVALUE>',
     "root/virt", 4),
    ("GetClass", GET_CLASS.format("CIM_Service") + '<IPARAMVALUE NAME="LocalOnly"><VALUE>maybe</VALUE></IPARAMVALUE>',
     "root/virt", 4),
    ("DeleteClass", GET_CLASS.format("CIM_Service"), "root/virt", 7),
    ("NoSuchOperation", "", "root/virt", 7),
])
def test_a_valid_request_that_cannot_be_met_is_200_with_a_status(shared_daemon, name, parameters, namespace, code):
    body = simple_request(name, parameters, namespace.split("/"))
    answer = ask(shared_daemon, body, name, CIMObject=namespace)
    assert (answer.status, answer.cim_code) == (200, code)
    assert answer.tree.find(".//ERROR").get("DESCRIPTION")


def test_get_is_not_a_way_to_ask(shared_daemon):
    answer = exchange(shared_daemon.socket_path, b"GET /cimom HTTP/1.1\r\nHost: x\r\n\r\n")
    assert answer.status == 405 and "POST" in answer.headers["allow"]


def test_a_client_that_stops_half_way_harms_nobody(shared_daemon):
    request = post(simple_request("EnumerateClassNames"), "EnumerateClassNames")
    for length in (1, 30, len(request) // 2, len(request) - 1):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
            peer.connect(shared_daemon.socket_path)
            peer.sendall(request[:length])


def test_an_over_long_request_is_413_and_an_over_long_header_431(shared_daemon):
    body = b"x" * 100
    huge = post(body, "GetClass", Content_Length=str(1 << 40))
    assert exchange(shared_daemon.socket_path, huge).status == 413
    assert ask(shared_daemon, body, "GetClass", X_Filler="y" * 100_000).status == 431


def test_deep_and_wide_xml_is_refused_quickly(shared_daemon):
    deep = b"<CIM>" * 5000 + b"</CIM>" * 5000
    assert ask(shared_daemon, deep, "EnumerateClassNames").status == 400
    wide = b"<CIM " + b" ".join(b'a%d="1"' % number for number in range(100_000)) + b"></CIM>"
    assert ask(shared_daemon, wide, "EnumerateClassNames").status == 400


def test_a_slow_client_is_told_408():
    with running(fake_config(limits="requestSeconds: 1")) as daemon:
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
            peer.settimeout(20)
            peer.connect(daemon.socket_path)
            peer.sendall(b"POST /cimom HTTP/1.1\r\nHost: x\r\n")
            assert cim.read_answer(peer).status == 408


def test_two_requests_on_one_connection(shared_daemon):
    request = post(simple_request("EnumerateClassNames"), "EnumerateClassNames")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
        peer.settimeout(20)
        peer.connect(shared_daemon.socket_path)
        for _ in range(2):
            peer.sendall(request)
            assert cim.read_answer(peer).status == 200


def test_the_socket_is_its_owners_alone(shared_daemon):
    import os
    import stat
    assert stat.S_IMODE(os.stat(shared_daemon.socket_path).st_mode) == 0o600
    assert stat.S_IMODE(os.stat(shared_daemon.run_directory).st_mode) == 0o700
