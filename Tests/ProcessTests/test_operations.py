"""Every operation of DSP0200: answers that validate, the status of each fault, and stock clients."""

import pathlib
import subprocess
import sys

import pytest
import pywbem

from Support import cim
from Support.bridge import on_loopback
from Support.cim import assert_valid, exchange, post, simple_request
from Support.daemon import fake_config, running

GUEST = "KVM_ComputerSystem"


def parameter(name, content):
    return f'<IPARAMVALUE NAME="{name}">{content}</IPARAMVALUE>'


def value(name, text):
    return parameter(name, f"<VALUE>{text}</VALUE>")


def class_name(name, parameter_name="ClassName"):
    return parameter(parameter_name, f'<CLASSNAME NAME="{name}"></CLASSNAME>')


def guest_name(parameter_name="InstanceName", name="web"):
    return parameter(
        parameter_name, f'<INSTANCENAME CLASSNAME="{GUEST}"><KEYBINDING NAME="CreationClassName"><KEYVALUE>{GUEST}'
        f'</KEYVALUE></KEYBINDING><KEYBINDING NAME="Name"><KEYVALUE>{name}</KEYVALUE></KEYBINDING></INSTANCENAME>')


def ask(daemon, name, parameters="", namespace="root/virt", **headers):
    """Sends an operation; the answer is held against the document type."""
    body = simple_request(name, parameters, namespace.split("/"))
    answer = exchange(daemon.socket_path, post(body, name, CIMObject=namespace, **headers))
    assert answer.status == 200, answer.body
    assert_valid(answer.body)
    assert answer.tree.find(".//IMETHODRESPONSE").get("NAME") == name
    return answer


def output(answer, name):
    found = answer.tree.find(f".//PARAMVALUE[@NAME='{name}']/VALUE")
    return None if found is None else found.text


READS = [
    ("GetClass", class_name(cim.SERVICE)),
    ("GetClass", class_name("KVM_HostedService") + value("LocalOnly", "FALSE") + value("IncludeClassOrigin", "TRUE")),
    ("EnumerateClasses", value("DeepInheritance", "TRUE") + value("LocalOnly", "FALSE")),
    ("EnumerateClassNames", value("DeepInheritance", "TRUE")),
    ("EnumerateQualifiers", ""), ("GetQualifier", value("QualifierName", "Key")),
    ("GetInstance", guest_name()), ("EnumerateInstances", class_name("CIM_ManagedElement")),
    ("EnumerateInstanceNames", class_name("CIM_ManagedElement")),
    ("GetProperty", guest_name() + value("PropertyName", "EnabledState")),
    ("GetProperty", guest_name() + value("PropertyName", "OtherEnabledState")),
    ("ExecQuery", value("QueryLanguage", "WQL") + value("Query", f"SELECT * FROM {GUEST}")),
    ("Associators", guest_name("ObjectName")), ("AssociatorNames", guest_name("ObjectName")),
    ("References", guest_name("ObjectName")), ("ReferenceNames", guest_name("ObjectName")),
    ("Associators", class_name(GUEST, "ObjectName") + value("IncludeQualifiers", "TRUE")),
    ("AssociatorNames", class_name(GUEST, "ObjectName")),
    ("References", class_name(GUEST, "ObjectName") + value("IncludeClassOrigin", "TRUE")),
    ("ReferenceNames", class_name(GUEST, "ObjectName")),
]


@pytest.mark.parametrize("name, parameters", READS, ids=[f"{name}-{at}" for at, (name, _) in enumerate(READS)])
def test_every_answer_is_valid(shared_daemon, name, parameters):
    assert ask(shared_daemon, name, parameters).cim_code is None


QUERY = value("FilterQueryLanguage", "WQL") + value("FilterQuery", f"SELECT * FROM {GUEST}")
OPENS = [
    ("OpenEnumerateInstances", class_name(GUEST), "PullInstancesWithPath"),
    ("OpenEnumerateInstancePaths", class_name(GUEST), "PullInstancePaths"),
    ("OpenQueryInstances", QUERY + value("ReturnQueryResultClass", "TRUE"), "PullInstances"),
]


@pytest.mark.parametrize("open_name, parameters, pull_name", OPENS, ids=[name for name, _, _ in OPENS])
def test_every_pull_is_valid_and_ends(shared_daemon, open_name, parameters, pull_name):
    answer = ask(shared_daemon, open_name, parameters)
    while output(answer, "EndOfSequence") == "FALSE":
        context = value("EnumerationContext", output(answer, "EnumerationContext"))
        answer = ask(shared_daemon, pull_name, context + value("MaxObjectCount", "1"))
    assert output(answer, "EndOfSequence") == "TRUE"
    assert ask(shared_daemon, pull_name, context + value("MaxObjectCount", "1")).cim_code == 21


@pytest.mark.parametrize("name", [
    "OpenReferenceInstances", "OpenReferenceInstancePaths", "OpenAssociatorInstances", "OpenAssociatorInstancePaths"])
def test_every_open_of_associations_is_valid(shared_daemon, name):
    assert ask(shared_daemon, name, guest_name() + value("MaxObjectCount", "1000")).cim_code is None
    assert ask(shared_daemon, name, guest_name(name="nobody")).cim_code == 6


FAULTS = [
    ("CreateClass", parameter("NewClass", '<CLASS NAME="X"></CLASS>'), 7),
    ("ModifyClass", parameter("ModifiedClass", f'<CLASS NAME="{GUEST}"></CLASS>'), 7),
    ("DeleteClass", class_name("NoSuchClass"), 7), ("DeleteClass", "", 4),
    ("SetQualifier", parameter("QualifierDeclaration", '<QUALIFIER.DECLARATION NAME="X" TYPE="string"/>'), 7),
    ("DeleteQualifier", value("QualifierName", "Key"), 7), ("GetQualifier", value("QualifierName", "Nope"), 6),
    ("CreateInstance", parameter("NewInstance", f'<INSTANCE CLASSNAME="{GUEST}"/>'), 7),
    ("CreateInstance", parameter("NewInstance", '<INSTANCE CLASSNAME="NoSuchClass"/>'), 5), ("CreateInstance", "", 4),
    ("DeleteInstance", guest_name(), 7),
    ("SetProperty", guest_name() + value("PropertyName", "ElementName") + value("NewValue", "x"), 7),
    ("SetProperty", guest_name() + value("PropertyName", "Nope") + value("NewValue", "x"), 12),
    ("GetProperty", guest_name() + value("PropertyName", "Nope"), 12),
    ("GetProperty", guest_name(name="nobody") + value("PropertyName", "ElementName"), 6),
    ("ExecQuery", value("QueryLanguage", "SPARQL") + value("Query", "x"), 14),
    ("ExecQuery", value("QueryLanguage", "WQL") + value("Query", "SELECT"), 15),
    ("ExecQuery", value("QueryLanguage", "WQL"), 4),
    ("Associators", guest_name("ObjectName") + class_name("NoSuchClass", "AssocClass"), 4),
    ("References", guest_name("ObjectName") + class_name("NoSuchClass", "ResultClass"), 4),
    ("OpenEnumerateInstances", class_name(GUEST) + value("ContinueOnError", "TRUE"), 26),
    ("OpenEnumerateInstances", class_name(GUEST) + value("OperationTimeout", "0"), 22),
    ("OpenEnumerateInstances", class_name("NoSuchClass"), 5),
    ("PullInstancesWithPath", value("EnumerationContext", "x") + value("MaxObjectCount", "1"), 21),
    ("CloseEnumeration", value("EnumerationContext", "x"), 21),
]


@pytest.mark.parametrize("name, parameters, code", FAULTS, ids=[f"{f[0]}-{f[2]}-{at}" for at, f in enumerate(FAULTS)])
def test_every_fault_has_its_status(shared_daemon, name, parameters, code):
    answer = ask(shared_daemon, name, parameters)
    assert answer.cim_code == code
    assert answer.tree.find(".//ERROR").get("DESCRIPTION")
    assert ask(shared_daemon, name, parameters, namespace="no/where").cim_code == 3


def test_too_many_enumerations_are_refused_and_closed_ones_count_no_more():
    with running(fake_config(limits="enumerations: 3\nenumerationsPerUser: 2")) as daemon:
        opened = [ask(daemon, "OpenEnumerateInstances", class_name(GUEST)) for _ in range(3)]
        assert [answer.cim_code for answer in opened] == [None, None, 27]
        context = value("EnumerationContext", output(opened[0], "EnumerationContext"))
        closed = ask(daemon, "CloseEnumeration", context)
        assert closed.cim_code is None and closed.tree.find(".//IRETURNVALUE") is None
        assert ask(daemon, "OpenEnumerateInstances", class_name(GUEST)).cim_code is None


# pywbem


def test_pywbem_pulls_what_it_enumerates(reader):
    whole = {instance.path.to_wbem_uri() for instance in reader.EnumerateInstances(GUEST)}
    assert len(whole) >= 3
    result = reader.OpenEnumerateInstances(GUEST, MaxObjectCount=1, OperationTimeout=60)
    pulled = list(result.instances)
    while not result.eos:
        result = reader.PullInstancesWithPath(result.context, MaxObjectCount=2)
        pulled += result.instances
    assert {instance.path.keybindings["Name"] for instance in pulled} == {
        instance["Name"] for instance in reader.EnumerateInstances(GUEST)}
    paths = reader.OpenEnumerateInstancePaths(GUEST, MaxObjectCount=100)
    assert paths.eos and len(paths.paths) == len(whole)
    with pytest.raises(pywbem.CIMError) as caught:
        reader.CloseEnumeration(("nonsense", "root/virt"))
    assert caught.value.status_code == 21


def test_pywbem_filters_and_queries(reader):
    found = reader.OpenEnumerateInstances(
        GUEST, FilterQueryLanguage="DMTF:FQL", FilterQuery="Name = 'web'", MaxObjectCount=10)
    assert [instance["Name"] for instance in found.instances] == ["web"]
    assert [i["Name"] for i in reader.ExecQuery("WQL", f"SELECT Name FROM {GUEST} WHERE Name LIKE 'w%'")] == ["web"]
    answer = reader.OpenQueryInstances(
        "WQL", f"SELECT Name FROM {GUEST} WHERE Name = 'web'", ReturnQueryResultClass=True, MaxObjectCount=5)
    assert answer.eos and [instance["Name"] for instance in answer.instances] == ["web"]
    assert answer.query_result_class.classname == GUEST


def test_pywbem_iterates_with_pull_operations(shared_daemon):
    client = cim.connection(shared_daemon)
    client._use_enum_inst_pull_operations = True  # as WBEMConnection(use_pull_operations=True) does
    names = sorted(instance["Name"] for instance in client.IterEnumerateInstances(GUEST, MaxObjectCount=2))
    assert names == sorted(path["Name"] for path in client.EnumerateInstanceNames(GUEST))


def test_pywbem_reads_qualifiers_and_associated_classes(reader):
    assert {"Key", "Association", "Description"} <= {qualifier.name for qualifier in reader.EnumerateQualifiers()}
    assert reader.GetQualifier("Association").scopes["ASSOCIATION"] is True
    classes = reader.References(cim.SERVICE, IncludeQualifiers=True)
    assert "KVM_HostedService" in {found.classname for _, found in classes}
    assert reader.AssociatorNames(cim.SERVICE, AssocClass="KVM_HostedService")


# Debian's and PyPI's command lines


@pytest.fixture(scope="module")
def tcp_port(shared_daemon):
    with on_loopback(shared_daemon.socket_path) as port:
        yield port


def wbemcli(port, operation, path, *arguments):
    return subprocess.run(
        ["wbemcli", operation, f"http://localhost:{port}/{path}", *arguments], capture_output=True, text=True,
        timeout=60)


def pywbemcli(port, *arguments):
    done = subprocess.run(
        [str(pathlib.Path(sys.executable).parent / "pywbemcli"), "-s", f"http://localhost:{port}", "-d", "root/virt",
         *arguments], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_wbemcli_reads_properties_and_associations(tcp_port):
    guest = f'root/virt:{GUEST}.CreationClassName="{GUEST}",Name="web"'
    assert "web" in wbemcli(tcp_port, "gp", guest, "ElementName").stdout
    for operation in ("ain", "ai", "rin", "ri"):
        done = wbemcli(tcp_port, operation, guest)
        assert done.returncode == 0 and "Exception" not in done.stdout + done.stderr, done.stdout + done.stderr
    for operation, arguments in (("sp", ("ElementName=x",)), ("mi", ("ElementName=x",)), ("di", ())):
        done = wbemcli(tcp_port, operation, guest, *arguments)
        assert "Support" in done.stdout + done.stderr or "CIM_ERR" in done.stdout + done.stderr, done


def test_pywbemcli_counts_and_reads_the_schema(tcp_port):
    # Its `instance query` fails in itself (TypeError: 'IterQueryInstancesReturn' object is not iterable).
    assert GUEST in pywbemcli(tcp_port, "instance", "count", "KVM_*")
    assert "Association" in pywbemcli(tcp_port, "qualifier", "enumerate")
    assert "KVM_HostedService" in pywbemcli(tcp_port, "class", "references", cim.SERVICE, "--names-only")
    assert "CIM_System" in pywbemcli(tcp_port, "class", "associators", cim.SERVICE, "--names-only")
