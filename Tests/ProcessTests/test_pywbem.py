"""pywbem, unmodified but for its way to the socket."""

import pytest
import pywbem

from Support import cim
from Support.daemon import fake_config, running


def fails_with(code, call, *arguments, **parameters):
    with pytest.raises(pywbem.CIMError) as caught:
        call(*arguments, **parameters)
    assert caught.value.status_code == code, caught.value
    return caught.value.status_description


def test_classes_are_served_with_their_inheritance(reader):
    assert "CIM_ManagedElement" in reader.EnumerateClassNames()
    service = reader.GetClass(cim.SERVICE, LocalOnly=False)
    assert {"MigrateVirtualSystemToHost", "CheckIsVSMigratable"} <= set(service.methods)
    assert service.properties["SystemName"].qualifiers["Key"].value is True
    local = reader.GetClass(cim.SERVICE, LocalOnly=True)
    assert "SystemName" not in local.properties
    verdict = service.methods["CheckIsVSMigratable"].parameters["Verdict"]
    assert verdict.type == "uint16" and len(verdict.qualifiers["ValueMap"].value) >= 4


def test_every_class_can_be_read(reader):
    for name in reader.EnumerateClassNames(DeepInheritance=True):
        assert reader.GetClass(name, LocalOnly=False, IncludeQualifiers=True, IncludeClassOrigin=True).classname == name


def test_a_parents_enumeration_gives_the_childrens_instances(reader):
    names = {instance.classname for instance in reader.EnumerateInstances("CIM_ComputerSystem")}
    assert names == {"KVM_ComputerSystem", "KVM_HostSystem"}
    shallow = reader.EnumerateInstances("CIM_ComputerSystem", DeepInheritance=False)
    assert all("ConnectionURI" not in instance for instance in shallow)


def test_every_instance_can_be_read_by_its_path(reader):
    for path in reader.EnumerateInstanceNames("CIM_ManagedElement"):
        instance = reader.GetInstance(path)
        assert all(instance[name] == value for name, value in path.keybindings.items())


def test_a_property_list_is_kept_to(reader):
    instance = reader.GetInstance(cim.service(reader), PropertyList=["name", "Started"])
    assert {name.lower() for name in instance.keys()} == {"name", "started"}


def test_the_service_says_what_libvirt_cims_says(reader):
    service = reader.GetInstance(cim.service(reader))
    assert (service["Name"], service["SystemCreationClassName"]) == ("MigrationService", "KVM_HostSystem")
    assert (service["EnabledState"], service["RequestedState"], service["TransitioningToState"]) == (5, 12, 12)
    capabilities = reader.EnumerateInstances("KVM_VirtualSystemMigrationCapabilities")[0]
    assert capabilities["SynchronousMethodsSupported"] == [4, 5]
    assert capabilities["AsynchronousMethodsSupported"] == [2, 3]
    assert reader.EnumerateInstances("Xen_ComputerSystem") == []


def test_a_missing_instance_is_6(reader):
    fails_with(6, reader.GetInstance, cim.guest("nobody"))


def test_the_standard_check_answers_in_the_standards_words(client):
    status, _ = client.InvokeMethod(
        "CheckVirtualSystemIsMigratableToHost", cim.service(client), ComputerSystem=cim.guest("web"),
        DestinationHost="beta")
    assert status == 0
    assert b'NAME="IsMigratable"' in client.last_raw_reply and b"TRUE" in client.last_raw_reply
    status, _ = client.InvokeMethod(
        "CheckVirtualSystemIsMigratableToSystem", cim.service(client), ComputerSystem=cim.guest("local"),
        DestinationSystem=cim.host("beta"))
    assert status == 0 and b"FALSE" in client.last_raw_reply


def test_our_check_gives_the_reasons(client):
    verdict, findings = cim.check(client, "local", "beta")
    assert verdict == 4
    refusal = findings["disks-reachable"]
    assert refusal["Severity"] == 4
    assert refusal["Message"] and refusal["Seen"] and refusal["Needed"] and refusal["Remedy"]
    assert len(findings) >= 10  # all checks run, not only up to the first refusal


@pytest.mark.parametrize("method, destination", [
    ("MigrateVirtualSystemToHost", {"DestinationHost": "beta"}),
    ("MigrateVirtualSystemToSystem", {"DestinationSystem": cim.host("beta")}),
    ("MigrateVSTo", {"DestinationHost": "beta"}),
])
def test_a_guest_is_migrated_by_each_method(client, method, destination):
    status, out = client.InvokeMethod(method, cim.service(client), ComputerSystem=cim.guest("web"), **destination)
    assert status == 4096
    job = cim.ended(client, out["Job"])
    assert (job["JobState"], job["PercentComplete"], job["ErrorCode"]) == (7, 100, 0), job.tomof()
    assert job["VirshCommand"].startswith("virsh -c ")
    assert job["StartTime"] and job["TimeSubmitted"] and job["ElapsedTime"].is_interval
    cim.wait_until(lambda: cim.where(client, "web") == "beta", what="web on beta")


def test_a_refused_migration_is_an_exception_with_its_reasons(client):
    path = cim.migrate(client, "local", "beta")
    job = cim.ended(client, path)
    assert job["JobState"] == 10
    status, out = client.InvokeMethod("GetError", path)
    assert status == 0
    error = out["Error"]
    assert error.classname == "CIM_Error" and "disks-reachable" in error["MessageID"]
    assert error["RecommendedActions"]
    assert cim.where(client, "local") == "alpha"


def test_a_migration_can_be_terminated(client):
    path = cim.migrate(client, "db", "beta")
    cim.wait_until(lambda: client.GetInstance(path)["Phase"] == 4, what="the transfer")
    status, _ = client.InvokeMethod("RequestStateChange", path, RequestedState=pywbem.Uint16(4))
    assert status in (0, 4096)
    assert cim.ended(client, path)["JobState"] == 8
    assert cim.where(client, "db") == "alpha"
    status, _ = client.InvokeMethod("RequestStateChange", path, RequestedState=pywbem.Uint16(4))
    assert status == 4097


def test_an_offline_migration_moves_the_definition(client):
    job = cim.ended(client, cim.migrate(client, "archive", "beta", MigrationType=1))
    assert job["JobState"] == 7, job.tomof()
    cim.wait_until(lambda: cim.where(client, "archive") == "beta", what="archive on beta")


def test_settings_arrive_embedded_as_xml_text_and_as_mof(client):
    embedded = cim.settings(MigrationType=1)
    forms = [
        embedded,
        embedded.tocimxmlstr(),
        'instance of KVM_VirtualSystemMigrationSettingData { InstanceID = "x"; MigrationType = 1; };',
    ]
    for form in forms:
        status, out = client.InvokeMethod(
            "CheckIsVSMigratable", cim.service(client), ComputerSystem=cim.guest("web"), DestinationHost="beta",
            MigrationSettingData=form)
        findings = {finding["CheckID"]: finding for finding in out["Findings"]}
        # Offline, of a guest that runs.
        assert (status, out["Verdict"], findings["guest-state"]["Severity"]) == (0, 4, 4), form


def call(client, method="CheckIsVSMigratable", **parameters):
    return client.InvokeMethod(method, cim.service(client), **parameters)


def test_bad_parameters_have_their_status(reader):
    web = cim.guest("web")
    assert "DestinationHost" in fails_with(4, call, reader, ComputerSystem=web)
    assert "ComputerSystem" in fails_with(4, call, reader, DestinationHost="beta")
    assert "DestinationHost" in fails_with(4, call, reader, ComputerSystem=web, DestinationHost=pywbem.Uint32(7))
    assert "Nonsense" in fails_with(4, call, reader, ComputerSystem=web, DestinationHost="beta", Nonsense="x")
    fails_with(4, call, reader, ComputerSystem="web", DestinationHost="beta")
    fails_with(4, call, reader, ComputerSystem=web, DestinationHost="beta", MigrationSettingData="nonsense")
    fails_with(4, call, reader, ComputerSystem=web, DestinationHost="beta",
               MigrationSettingData=pywbem.CIMInstance("KVM_ComputerSystem"))
    assert "Unsupported migration type 3" in fails_with(
        1, call, reader, ComputerSystem=web, DestinationHost="beta", MigrationSettingData=cim.settings(MigrationType=3))
    nameless = pywbem.CIMInstanceName("KVM_ComputerSystem", {"CreationClassName": "KVM_ComputerSystem"}, namespace="root/virt")
    assert "Missing key (Name) in ComputerSystem" in fails_with(
        1, call, reader, ComputerSystem=nameless, DestinationHost="beta")


def test_unknown_things_are_not_found(reader):
    web = cim.guest("web")
    assert "No such domain: nobody" in fails_with(6, call, reader, ComputerSystem=cim.guest("nobody"), DestinationHost="beta")
    assert "delta" in fails_with(6, call, reader, ComputerSystem=web, DestinationHost="delta")
    fails_with(17, call, reader, "NoSuchMethod")
    fails_with(16, call, reader, "StartService")
    missing = cim.service(reader)
    missing["SystemName"] = "elsewhere"
    fails_with(6, reader.InvokeMethod, "CheckIsVSMigratable", missing, ComputerSystem=web, DestinationHost="beta")


@pytest.mark.parametrize("destination", [
    "h/system?command=/bin/touch&x=", "root@beta", "fake+tcp://beta/system?x=1", "qemu+ext://beta/system",
    "fake+tcp://elsewhere/system", "", "beta\nx"])
def test_a_clients_uri_never_reaches_the_hypervisor(reader, destination):
    fails_with(4, call, reader, ComputerSystem=cim.guest("web"), DestinationHost=destination)


def test_a_configured_hosts_exact_uri_is_its_name(client):
    assert cim.check(client, "web", "fake+tcp://beta/system")[0] in (2, 3)


def test_an_unknown_guest_gets_no_job(client):
    before = len(client.EnumerateInstanceNames("KVM_MigrationJob"))
    fails_with(6, call, client, "MigrateVSTo", ComputerSystem=cim.guest("nobody"), DestinationHost="beta")
    assert len(client.EnumerateInstanceNames("KVM_MigrationJob")) == before


def test_two_migrations_of_one_guest_at_once_are_not_accepted(client):
    path = cim.migrate(client, "db", "beta")
    fails_with(1, call, client, "MigrateVSTo", ComputerSystem=cim.guest("db"), DestinationHost="beta")
    client.InvokeMethod("KillJob", path, DeleteOnKill=False)
    cim.ended(client, path)


def test_a_method_may_be_called_on_the_class_of_the_only_service(client):
    status, out = client.InvokeMethod(
        "CheckIsVSMigratable", pywbem.CIMClassName(cim.SERVICE, namespace="root/virt"), ComputerSystem=cim.guest("web"),
        DestinationHost="beta")
    assert status == 0 and out["Verdict"] in (2, 3)


@pytest.mark.parametrize("change, code", [
    (lambda path: path.keybindings.update({"Surplus": "x"}), 4),
    (lambda path: path.keybindings.update({"CreationClassName": "Bogus"}), 1),
    (lambda path: setattr(path, "namespace", "root/bogus"), 1),
    (lambda path: setattr(path, "classname", "Xen_ComputerSystem"), 1),
    (lambda path: setattr(path, "classname", "KVM_HostSystem"), 1),
    (lambda path: setattr(path, "classname", "KVM_MigrationJob"), 4),
])
def test_a_reference_that_is_no_guest_of_ours_is_refused(reader, change, code):
    path = cim.guest("web")
    change(path)
    assert "Invalid REF in ComputerSystem" in fails_with(code, call, reader, ComputerSystem=path, DestinationHost="beta")


def test_a_class_is_no_setting_data(reader):
    fails_with(4, call, reader, ComputerSystem=cim.guest("web"), DestinationHost="beta",
               MigrationSettingData=pywbem.CIMClass("KVM_VirtualSystemMigrationSettingData"))


def test_the_smaller_priority_goes_first():
    with running(fake_config(limits="runningMigrations: 1")) as daemon:
        client = cim.connection(daemon)
        first = cim.migrate(client, "db", "beta")
        late = cim.migrate(client, "web", "beta", Priority=60000)
        default = cim.migrate(client, "build", "beta")
        urgent = cim.migrate(client, "archive", "beta", Priority=1, MigrationType=1)
        client.InvokeMethod("KillJob", first, DeleteOnKill=False)
        started = [cim.ended(client, job)["StartTime"].datetime for job in (urgent, default, late)]
        assert started == sorted(started)


def test_a_guest_whose_host_is_silent_is_not_called_unknown(daemon, client):
    daemon.world(command="unreachable", host="alpha")
    message = fails_with(1, call, client, ComputerSystem=cim.guest("web"), DestinationHost="beta")
    assert "could not ask alpha" in message
