"""The model that clients walk: pywbem's WBEMServer, pywbemcli and wbemcli against namespaces, profiles and associations."""

import os
import pathlib
import re
import subprocess
import sys

import pytest
import pywbem

from Support import cim
from Support.bridge import on_loopback
from Support.daemon import running

INTEROP = ["interop", "root/interop"]
NAMESPACES = ["root/virt", *INTEROP]
PROFILE = "CIM:DSP1081-VirtualSystemMigration-0.8.1"


@pytest.fixture(scope="module")
def lived_in():
    """A daemon that has moved a guest, has refused to move one, and has checked one."""
    with running() as daemon:
        client = cim.connection(daemon)
        assert cim.ended(client, cim.migrate(client, "web", "beta"))["JobState"] == 7
        assert cim.ended(client, cim.migrate(client, "web", "beta"))["JobState"] == 10
        client.InvokeMethod("CheckVirtualSystemIsMigratableToHost", cim.service(client),
                            ComputerSystem=cim.guest("web"), DestinationHost="beta")
        yield daemon


@pytest.fixture
def walker(lived_in):
    return cim.connection(lived_in)


@pytest.fixture(scope="module")
def port(lived_in):
    with on_loopback(lived_in.socket_path) as port:
        yield port


def key(path):
    """A path without what does not tell it from others: the server's name."""
    path = path.copy()
    path.host = None
    return path.to_wbem_uri(format="canonical")


# pywbem's WBEMServer


def test_wbem_server_finds_its_way(walker):
    server = pywbem.WBEMServer(walker)
    assert server.interop_ns == "interop"
    assert sorted(server.namespaces) == sorted(NAMESPACES)
    assert server.brand == "migrationd"
    assert re.fullmatch(r"\d+\.\d+\.\d+", server.version)
    assert server.cimom_inst["SystemName"] == cim.service(walker)["SystemName"]
    assert [path["Name"] for path in server.namespace_paths] == server.namespaces


@pytest.mark.parametrize("interop", INTEROP)
@pytest.mark.parametrize("by_method", [False, True])
def test_every_profile_has_central_instances(walker, interop, by_method):
    server = pywbem.WBEMServer(walker)
    server._interop_ns = interop  # the name that a client was told to use
    assert {profile["InstanceID"] for profile in server.profiles} == {PROFILE, "CIM:DSP1033-ProfileRegistration-1.0.0"}
    for profile in server.profiles:
        assert profile.path.namespace == interop
        found = server.get_central_instances(profile.path, try_gci_method=by_method)
        assert found
        for path in found:
            assert key(walker.GetInstance(path).path) == key(path)
            back = walker.AssociatorNames(path, AssocClass="CIM_ElementConformsToProfile",
                                          ResultRole="ConformantStandard")
            assert key(profile.path) in map(key, back)
    migration = server.get_selected_profiles("DMTF", "Virtual System Migration", "0.8.1")
    central = server.get_central_instances(migration[0].path, try_gci_method=by_method)
    assert list(map(key, central)) == [key(cim.service(walker))]
    referenced = walker.AssociatorNames(migration[0].path, AssocClass="CIM_ReferencedProfile", ResultRole="Antecedent")
    assert [path["InstanceID"] for path in referenced] == ["CIM:DSP1033-ProfileRegistration-1.0.0"]


def test_both_interop_namespaces_say_the_same(walker):
    def everything(namespace):
        return {
            name: [sorted((name, str(value)) for name, value in instance.items())
                   for instance in walker.EnumerateInstances(name, namespace=namespace)]
            for name in ["CIM_Namespace", "CIM_ObjectManager", "CIM_ObjectManagerCommunicationMechanism",
                         "CIM_RegisteredProfile", "CIM_ComputerSystem"]}

    assert everything(INTEROP[0]) == everything(INTEROP[1])


# Every instance, through every association, and back


def test_every_association_leads_to_something_that_leads_back(walker):
    seen = set()
    for namespace in NAMESPACES:
        for instance in walker.EnumerateInstances("CIM_ManagedElement", namespace=namespace, DeepInheritance=True):
            path = instance.path
            for association in walker.References(path):
                seen.add(association.classname)
                ends = [value for value in association.values() if isinstance(value, pywbem.CIMInstanceName)]
                assert key(path) in map(key, ends)
                assert walker.GetInstance(association.path) is not None
                for end in ends:
                    found = walker.GetInstance(end)
                    assert key(found.path) == key(end)
                    back = walker.References(end, ResultClass=association.classname)
                    assert any(list(map(key, [v for v in other.values() if isinstance(v, pywbem.CIMInstanceName)]))
                               == list(map(key, ends)) for other in back), f"{end} does not lead back to {path}"
            names = list(map(key, walker.AssociatorNames(path)))
            assert len(names) == len(set(names))
            for other in walker.Associators(path):
                assert key(other.path) in names
                assert key(path) in map(key, walker.AssociatorNames(other.path))
    expected = {
        "KVM_HostedService", "KVM_ServiceAffectsElement", "KVM_ElementCapabilities", "KVM_ElementSettingData",
        "KVM_SettingsDefineCapabilities", "KVM_OwningJobElement", "KVM_AffectedJobElement",
        "KVM_AssociatedJobMethodResult", "KVM_ElementConformsToProfile", "KVM_ReferencedProfile",
        "Migrationd_ElementCheckResult", "Migrationd_ServiceCheckResult", "CIM_NamespaceInManager",
        "CIM_CommMechanismForManager"}
    assert seen == expected


def test_an_enumerated_association_is_the_one_that_is_found(walker):
    for name in ["KVM_AffectedJobElement", "KVM_ServiceAffectsElement", "KVM_ElementConformsToProfile"]:
        for path in walker.EnumerateInstanceNames(name):
            assert key(walker.GetInstance(path).path) == key(path)


# Checks and jobs


def test_the_reasons_behind_a_plain_false(walker):
    result = next(result for result in walker.Associators(cim.guest("web"), ResultClass="Migrationd_CheckResult")
                  if result["DestinationHost"] == "beta")
    assert (result["Verdict"], result["IsMigratable"]) == (4, False)
    assert result["MethodName"] == "CheckVirtualSystemIsMigratableToHost"
    refusals = [finding["CheckID"] for finding in result["Findings"] if finding["Severity"] == 4]
    assert refusals
    uuid = walker.GetInstance(cim.guest("web"))["UUID"]
    assert result["InstanceID"] == f"migrationd:check:{uuid}:beta"
    assert key(cim.service(walker)) in map(key, walker.AssociatorNames(result.path))


def test_a_job_leads_to_its_call(walker):
    outcomes = {}
    for job in walker.Associators(cim.guest("web"), AssocClass="KVM_AffectedJobElement"):
        call = walker.Associators(job.path, ResultClass="CIM_MethodResult")[0]
        before, after = call["PreCallIndication"], call["PostCallIndication"]
        assert (before["PreCall"], after["PreCall"]) == (True, False)
        assert before["MethodName"] == "MigrateVirtualSystemToHost"
        assert before["MethodParameters"]["DestinationHost"] == "beta"
        assert before["MethodParameters"]["ComputerSystem"]["Name"] == "web"
        assert before["MethodParameters"]["MigrationSettingData"]["MigrationType"] == 2
        assert after["MethodParameters"]["Job"]["InstanceID"] == job["InstanceID"]
        outcomes[job["JobState"]] = (job["Status"], after["ReturnValue"])
    assert outcomes == {7: ("Completed", "0"), 10: ("Failed", "2")}


@pytest.mark.parametrize("name", ["KVM_MigrationJob", "KVM_ComputerSystem", "Migrationd_CheckResult", "KVM_HostSystem"])
def test_clients_delete_nothing(walker, name):
    with pytest.raises(pywbem.CIMError) as refused:
        walker.DeleteInstance(walker.EnumerateInstanceNames(name)[0])
    assert refused.value.status_code == 7


# pywbemcli and wbemcli


def pywbemcli(port, *arguments, namespace="root/virt"):
    tool = pathlib.Path(sys.executable).parent / "pywbemcli"
    done = subprocess.run([str(tool), "-s", f"http://localhost:{port}", "-d", namespace, *arguments],
                          capture_output=True, text=True, timeout=120, env={**os.environ, "PYWBEMTOOLS_TERMWIDTH": "200"})
    assert done.returncode == 0 and "Exception" not in done.stdout, done.stdout + done.stderr
    return done.stdout


SERVICE = "KVM_VirtualSystemMigrationService.?"


@pytest.mark.parametrize("command, words", [
    (["server", "brand"], ["migrationd"]),
    (["server", "info"], ["migrationd", "interop", "root/virt"]),
    (["namespace", "list"], ["interop", "root/interop", "root/virt"]),
    (["namespace", "interop"], ["interop"]),
    (["profile", "list"], ["DMTF", "Virtual System Migration", "0.8.1", "Profile Registration"]),
    (["profile", "centralinsts"], ["KVM_VirtualSystemMigrationService"]),
    (["class", "tree", "CIM_Dependency"], ["KVM_HostedService", "CIM_NamespaceInManager"]),
    (["class", "find", "KVM_*"], ["KVM_MethodResult", "root/interop"]),
    (["class", "associators", "KVM_MigrationJob"], ["CIM_MethodResult"]),
    (["instance", "enumerate", "CIM_RegisteredProfile", "-n", "interop"], [PROFILE]),
    (["instance", "get", SERVICE], ["MigrationService"]),
    (["instance", "references", SERVICE, "--no"], ["KVM_HostedService", "KVM_OwningJobElement"]),
    (["instance", "associators", SERVICE, "--no"], ["KVM_MigrationJob", "KVM_RegisteredProfile", "Migrationd_CheckResult"]),
    (["instance", "count", "KVM_*"], ["KVM_MigrationJob", "KVM_ServiceAffectsElement"]),
    (["instance", "shrub", SERVICE], ["KVM_ElementCapabilities", "KVM_VirtualSystemMigrationCapabilities"]),
])
def test_pywbemcli_reads(port, command, words):
    said = pywbemcli(port, *command)
    for word in words:
        assert word in said, said


def test_pywbemcli_switches_statistics(lived_in, walker, port):
    def told():
        answer = cim.exchange(lived_in.socket_path, cim.post(
            cim.simple_request("EnumerateClassNames"), "EnumerateClassNames"))
        return answer.headers.get("wbemserverresponsetime")

    assert told() is None
    assert "on" in pywbemcli(port, "statistics", "server-on")
    assert told().isdigit()
    shown = pywbemcli(port, "statistics", "server-show")
    assert "EnumerateClassNames" in shown, shown
    data = walker.EnumerateInstances("CIM_CIMOMStatisticalData", namespace="interop")
    assert len(walker.EnumerateInstances("CIM_ElementStatisticalData", namespace="interop")) >= len(data) > 0
    assert "off" in pywbemcli(port, "statistics", "server-off")
    assert told() is None


def wbemcli(port, operation, path, *options):
    done = subprocess.run(["wbemcli", operation, *options, f"http://localhost:{port}/{path}"], capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == 0 and "Exception" not in done.stdout + done.stderr, done.stdout + done.stderr
    return done.stdout


def test_wbemcli_walks_from_a_guest_to_the_service_and_its_jobs(port):
    guest = 'root/virt:KVM_ComputerSystem.CreationClassName="KVM_ComputerSystem",Name="web"'
    services = wbemcli(port, "ain", guest, "-ac", "CIM_ServiceAffectsElement")
    service = services.strip().split("/", 1)[1]
    assert service.startswith("root/virt:KVM_VirtualSystemMigrationService.")
    assert "migrationd:" in wbemcli(port, "ain", service, "-arc", "CIM_ConcreteJob")
    assert "InstanceID" in wbemcli(port, "ai", service, "-ac", "KVM_ElementCapabilities")
    assert "KVM_HostedService" in wbemcli(port, "rin", service)
    assert "ElementEffects" in wbemcli(port, "ri", guest, "-arc", "KVM_ServiceAffectsElement")


def test_wbemcli_finds_the_profile(port):
    assert PROFILE in wbemcli(port, "ein", "root/interop:CIM_RegisteredProfile")
    assert PROFILE in wbemcli(port, "ei", "interop:KVM_RegisteredProfile")
