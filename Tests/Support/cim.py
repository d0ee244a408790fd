"""CIM for tests: pywbem on the daemon's socket, and raw HTTP where a stock client would not send such a thing."""

import pathlib
import socket
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from xml.sax.saxutils import escape, quoteattr

import pywbem

from Support.daemon import DEADLINE, ROOT, wait_until

sys.path.insert(0, str(ROOT / "docs" / "examples"))
from pywbem_socket import connect  # noqa: E402

SERVICE = "KVM_VirtualSystemMigrationService"
ENDED = {7, 8, 10}


def connection(daemon):
    return connect(daemon.socket_path)


def service(client):
    return client.EnumerateInstanceNames(SERVICE)[0]


def guest(name):
    return pywbem.CIMInstanceName(
        "KVM_ComputerSystem", {"CreationClassName": "KVM_ComputerSystem", "Name": name}, namespace="root/virt")


def host(name):
    return pywbem.CIMInstanceName(
        "KVM_HostSystem", {"CreationClassName": "KVM_HostSystem", "Name": name}, namespace="root/virt")


def settings(**properties):
    types = {"MigrationType": pywbem.Uint16, "TransportType": pywbem.Uint16, "Priority": pywbem.Uint16,
             "Bandwidth": pywbem.Uint16, "StorageCopy": pywbem.Uint16}
    instance = pywbem.CIMInstance("KVM_VirtualSystemMigrationSettingData")
    for name, value in {"InstanceID": "MigrationSettingData", **properties}.items():
        instance[name] = types.get(name, lambda value: value)(value)
    return instance


def check(client, name, destination, **properties):
    """CheckIsVSMigratable: the verdict and the findings by check."""
    parameters = {"ComputerSystem": guest(name), "DestinationHost": destination}
    if properties:
        parameters["MigrationSettingData"] = settings(**properties)
    status, out = client.InvokeMethod("CheckIsVSMigratable", service(client), **parameters)
    assert status == 0
    return out["Verdict"], {finding["CheckID"]: finding for finding in out["Findings"]}


def migrate(client, name, destination, **properties):
    """MigrateVirtualSystemToHost: the job's path."""
    parameters = {"ComputerSystem": guest(name), "DestinationHost": destination}
    if properties:
        parameters["MigrationSettingData"] = settings(**properties)
    status, out = client.InvokeMethod("MigrateVirtualSystemToHost", service(client), **parameters)
    assert status == 4096
    return out["Job"]


def ended(client, job, deadline=60):
    """Waits for a job's end; returns its instance."""
    def state():
        instance = client.GetInstance(job)
        return instance if instance["JobState"] in ENDED else None
    return wait_until(state, deadline, f"the end of {job}")


def ended_job(client):
    """The path of a job that has ended: a guest's that was moved for it."""
    job = migrate(client, "archive", "beta")
    ended(client, job)
    return job


def where(client, name):
    """The host that a guest is shown on."""
    return client.GetInstance(guest(name))["HostName"]


# Raw requests


def simple_request(name, parameters="", namespace=("root", "virt"), message_id="42"):
    path = "".join(f'<NAMESPACE NAME="{part}"></NAMESPACE>' for part in namespace)
    return (
        '<?xml version="1.0" encoding="utf-8"?>'
        f'<CIM CIMVERSION="2.0" DTDVERSION="2.0"><MESSAGE ID="{message_id}" PROTOCOLVERSION="1.0"><SIMPLEREQ>'
        f'<IMETHODCALL NAME="{name}"><LOCALNAMESPACEPATH>{path}</LOCALNAMESPACEPATH>{parameters}</IMETHODCALL>'
        "</SIMPLEREQ></MESSAGE></CIM>").encode()


def post(body, method, namespace="root/virt", **headers):
    """The bytes of a CIM-XML POST."""
    fields = {
        "Host": "localhost", "Content-Type": 'application/xml; charset="utf-8"', "Content-Length": str(len(body)),
        "CIMOperation": "MethodCall", "CIMMethod": method, "CIMObject": namespace}
    for name, value in headers.items():
        fields[name.replace("_", "-")] = value
    lines = [f"{name}: {value}" for name, value in fields.items() if value is not None]
    return ("POST /cimom HTTP/1.1\r\n" + "\r\n".join(lines) + "\r\n\r\n").encode("latin-1") + body


DOCUMENT_TYPE = pathlib.Path(__file__).with_name("cim.dtd")


def assert_valid(message):
    """Holds a CIM-XML message against the document type of DSP0203, and against what wbemcli can read."""
    done = subprocess.run(
        ["xmllint", "--noout", "--huge", "--dtdvalid", str(DOCUMENT_TYPE), "-"], input=message, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()[:2000] + message.decode()[:2000]
    assert b"/>" not in message


class Answer:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def tree(self):
        return ElementTree.fromstring(self.body)

    @property
    def cim_code(self):
        error = self.tree.find(".//ERROR")
        return None if error is None else int(error.get("CODE"))


def exchange(socket_path, data, deadline=DEADLINE):
    """Sends bytes and reads one HTTP answer."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as peer:
        peer.settimeout(deadline)
        peer.connect(socket_path)
        try:
            peer.sendall(data)
        except (BrokenPipeError, ConnectionResetError):
            pass  # answered, and closed, before all was sent
        return read_answer(peer)


def read_answer(peer):
    reader = peer.makefile("rb")
    status = reader.readline()
    assert status, "closed without an answer"
    headers = _fields(reader)
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body, trailers = _chunks(reader)
        return Answer(int(status.split()[1]), {**headers, **trailers}, body)
    length = int(headers["content-length"])
    body = reader.read(length)
    assert len(body) == length, "closed in the middle of an answer"
    return Answer(int(status.split()[1]), headers, body)


def _fields(reader):
    fields = {}
    while (line := reader.readline().decode("latin-1").strip()):
        name, _, value = line.partition(":")
        fields[name.strip().lower()] = value.strip()
    return fields


def _chunks(reader):
    body = b""
    while True:
        line = reader.readline()
        assert line, "closed in the middle of an answer"
        size = int(line.split(b";")[0], 16)
        if size == 0:
            return body, _fields(reader)
        body += reader.read(size)
        reader.readline()
