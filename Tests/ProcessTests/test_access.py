"""Who may ask for what, and what is written down of it: clients of other users against the real daemon."""

import json
import os
import stat
import subprocess

import pytest
import pywbem

from Support import cim
from Support.daemon import BINARY, fake_config, running, wait_until
from Support.other_user import OtherUserError, as_user, connected_as

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root can be other users")

OBSERVER, CHECKER, OPERATOR, ADMIN, NOBODY = 30011, 30012, 30013, 30014, 30099
GROUP = 30200
ROLES = f"""
observer: {{users: [{OBSERVER}]}}
checker: {{users: [{CHECKER}]}}
operator: {{users: [{OPERATOR}], groups: [{GROUP}]}}
admin: {{users: [{ADMIN}]}}
"""


@pytest.fixture
def daemon():
    with reachable(ROLES) as started:
        yield started


class reachable:
    """A daemon whose directory other users can enter, as they can /run."""

    def __init__(self, access):
        self.running = running(fake_config(access=access), start=False)

    def __enter__(self):
        daemon = self.running.__enter__()
        os.chmod(daemon.directory, 0o711)
        return daemon.start()

    def __exit__(self, *failure):
        return self.running.__exit__(*failure)


def code(act):
    """The CIM status that an act ends with; 0 when it succeeds."""
    try:
        act()
        return 0
    except pywbem.CIMError as error:
        return error.status_code


def audit(daemon, name="audit.log"):
    return [json.loads(line) for line in (daemon.state_directory / name).read_text().splitlines()]


def written(daemon, condition, name="audit.log"):
    """Waits until the audit log has a record that meets a condition: it is written after the answer is sent."""
    return wait_until(
        lambda: next((record for record in audit(daemon, name) if condition(record)), None), what="the audit record")


def reads(daemon):
    return cim.connection(daemon).EnumerateInstanceNames("KVM_ComputerSystem")


def mode(path):
    return stat.S_IMODE(os.stat(path).st_mode)


def everything(daemon):
    """What one may: the statuses of a read, a check, a cancellation, a backup and a change."""
    client = cim.connection(daemon)
    service = pywbem.CIMClassName(cim.SERVICE, namespace="root/virt")
    job = pywbem.CIMInstanceName("KVM_MigrationJob", {"InstanceID": "migrationd:none"}, namespace="root/virt")
    return [
        code(lambda: client.EnumerateInstanceNames("KVM_ComputerSystem")),
        code(lambda: client.InvokeMethod(
            "CheckIsVSMigratable", service, ComputerSystem=cim.guest("web"), DestinationHost="beta")),
        code(lambda: client.InvokeMethod("RequestStateChange", job, RequestedState=pywbem.Uint16(4))),
        code(lambda: client.InvokeMethod("BackUpJournal", service)),
        code(lambda: client.DeleteClass("KVM_ComputerSystem")),
    ]


@pytest.mark.parametrize("user, expected", [
    (NOBODY, [2, 2, 2, 2, 2]), (OBSERVER, [0, 2, 2, 2, 2]), (CHECKER, [0, 0, 2, 2, 2]), (OPERATOR, [0, 0, 6, 2, 2]),
    (ADMIN, [0, 0, 6, 0, 7]), (0, [0, 0, 6, 0, 7]),
])
def test_each_role_may_what_it_may(daemon, user, expected):
    assert as_user(user, lambda: everything(daemon)) == expected


def test_who_has_no_role_learns_nothing(daemon):
    def texts():
        client, seen = cim.connection(daemon), set()
        for act in [
            lambda: client.EnumerateInstances("KVM_ComputerSystem"), lambda: client.GetClass("No_Such"),
            lambda: client.EnumerateClassNames(namespace="no/such"),
            lambda: client.InvokeMethod("NoSuchMethod", cim.guest("web")),
        ]:
            with pytest.raises(pywbem.CIMError) as refused:
                act()
            seen.add((refused.value.status_code, refused.value.status_description))
        return seen

    (status, text), = as_user(NOBODY, texts)
    assert status == 2 and f"uid {NOBODY} has no role here" in text


def test_a_refusal_says_what_is_needed(daemon):
    def text():
        with pytest.raises(pywbem.CIMError) as refused:
            cim.migrate(cim.connection(daemon), "web", "beta")
        return refused.value.status_description

    assert as_user(CHECKER, text).startswith(
        f"uid {CHECKER} has the role checker here; MigrateVirtualSystemToHost needs the role operator, "
        "which access.operator of")


def test_a_supplementary_group_gives_a_role_however_many_there_are(daemon):
    groups = [*range(20000, 20200), GROUP, *range(41000, 41100)]
    assert as_user(NOBODY, lambda: everything(daemon), groups=groups) == [0, 0, 6, 2, 2]
    assert as_user(NOBODY, lambda: everything(daemon), group=GROUP) == [0, 0, 6, 2, 2]
    assert as_user(NOBODY, lambda: everything(daemon), groups=groups[:200]) == [2, 2, 2, 2, 2]
    record = written(daemon, lambda record: record.get("role") == "operator")
    assert GROUP not in record["groups"] and len(record["groups"]) + record["moreGroups"] == 302


# Who can connect


def test_without_roles_nobody_but_root_can_connect():
    with reachable("") as daemon:
        assert (mode(daemon.run_directory), mode(daemon.socket_path)) == (0o700, 0o600)
        with pytest.raises(OtherUserError) as refused:
            connected_as(OBSERVER, daemon.socket_path)
        assert refused.value.name == "PermissionError"
        done = command(daemon, OBSERVER, "status")
        assert done.returncode == 3 and f"user {OBSERVER} may not open the socket" in done.stderr
        assert len(reads(daemon)) > 0


def test_one_group_is_let_in_and_nobody_else():
    with reachable(f"observer: {{groups: [{GROUP}]}}") as daemon:
        assert (mode(daemon.run_directory), mode(daemon.socket_path)) == (0o710, 0o660)
        assert as_user(NOBODY, lambda: len(reads(daemon)), groups=[5, GROUP]) > 0
        with pytest.raises(OtherUserError) as refused:
            connected_as(NOBODY, daemon.socket_path, groups=[5])
        assert refused.value.name == "PermissionError"


def test_the_socket_opens_and_shuts_as_roles_come_and_go():
    with reachable("") as daemon:
        daemon.reload(lambda text: text + f"\naccess:\n  observer:\n    users: [{OBSERVER}]\n")
        assert (mode(daemon.run_directory), mode(daemon.socket_path)) == (0o711, 0o666)
        assert as_user(OBSERVER, lambda: len(reads(daemon))) > 0
        with connected_as(OBSERVER, daemon.socket_path) as peer:
            peer.settimeout(30)
            assert read_on(peer) is None
            daemon.reload(lambda text: text.split("\naccess:")[0])
            assert (mode(daemon.run_directory), mode(daemon.socket_path)) == (0o700, 0o600)
            # The connection is as it was, and the role is gone.
            assert read_on(peer) == 2
        daemon.stop()
        assert daemon.start() and mode(daemon.run_directory) == 0o700


def read_on(peer):
    """The status of a read over a connection that is open."""
    body = cim.simple_request(
        "EnumerateInstanceNames",
        '<IPARAMVALUE NAME="ClassName"><CLASSNAME NAME="KVM_ComputerSystem"></CLASSNAME></IPARAMVALUE>')
    peer.sendall(cim.post(body, "EnumerateInstanceNames"))
    return cim.read_answer(peer).cim_code


def test_a_reload_changes_the_roles_of_open_connections(daemon):
    with connected_as(NOBODY, daemon.socket_path) as peer:
        peer.settimeout(30)
        assert read_on(peer) == 2
        daemon.reload(lambda text: text.replace(f"[{OBSERVER}]", f"[{NOBODY}]"))
        assert read_on(peer) is None
        assert as_user(OBSERVER, lambda: code(lambda: reads(daemon))) == 2


def test_everyone_may_be_an_observer():
    with reachable("everyone: observer") as daemon:
        assert as_user(NOBODY, lambda: everything(daemon)) == [0, 2, 2, 2, 2]


# Unknown names


def test_an_unknown_user_is_told_where_it_stands():
    with running(fake_config(access="observer:\n  users: [no-such-user-here]"), start=False) as daemon:
        daemon.start(expect_ready=False)
        assert daemon.process.wait(30) == 78
        assert "access.observer.users[0]: 'no-such-user-here': no such user" in daemon.log()


def test_at_a_reload_an_unknown_group_changes_nothing(daemon):
    start = daemon.reload(
        lambda text: text.replace(f"[{GROUP}]", "[no-such-group-here]").replace(f"[{OBSERVER}]", f"[{NOBODY}]"),
        expect="configuration not reloaded")
    daemon.wait_for_log(r"access.operator.groups\[0\]: 'no-such-group-here': no such group", start)
    assert as_user(OBSERVER, lambda: code(lambda: reads(daemon))) == 0
    assert as_user(NOBODY, lambda: code(lambda: reads(daemon)), groups=[GROUP]) == 0


def test_names_are_users_and_groups():
    with reachable("observer:\n  users: [nobody]\nchecker:\n  groups: [daemon]") as daemon:
        assert as_user(65534, lambda: everything(daemon)) == [0, 2, 2, 2, 2]
        assert as_user(NOBODY, lambda: everything(daemon), groups=[1]) == [0, 0, 2, 2, 2]
        refused = written(daemon, lambda record: record.get("uid") == 65534)
        assert refused["user"] == "nobody"


# Checks


def test_a_checkers_checks_are_counted_and_an_operators_are_not():
    with reachable(ROLES + "checksPerMinute: 2") as daemon:
        def checks():
            client = cim.connection(daemon)
            return [code(lambda: cim.check(client, "web", "beta")) for _ in range(4)]

        assert as_user(CHECKER, checks) == [0, 0, 27, 27]
        assert as_user(OPERATOR, checks) == [0, 0, 0, 0]
        done = command(daemon, CHECKER, "check", "web", "beta")
        assert done.returncode == 4 and "try again in" in done.stderr
        refused = written(daemon, lambda record: record.get("status") == 27)
        assert (refused["uid"], refused["role"], refused["outcome"]) == (CHECKER, "checker", "refused")
        daemon.reload(lambda text: text.replace("checksPerMinute: 2", "checksPerMinute: 6000"))
        wait_until(lambda: as_user(CHECKER, checks) == [0, 0, 0, 0], what="the new limit")


# The command line


def command(daemon, user, *arguments):
    return subprocess.run(
        [str(BINARY), *arguments, "--socket", daemon.socket_path], user=user, group=65534, extra_groups=[],
        stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=120)


def test_the_command_line_says_why_not(daemon):
    done = command(daemon, OBSERVER, "migrate", "web", "beta")
    assert done.returncode == 4
    assert f"uid {OBSERVER} has the role observer here; MigrateVSTo needs the role operator" in done.stderr
    assert command(daemon, OBSERVER, "status").returncode == 0
    done = command(daemon, NOBODY, "status")
    assert done.returncode == 4 and f"uid {NOBODY} has no role here" in done.stderr
    assert command(daemon, OPERATOR, "migrate", "web", "beta").returncode == 0


# The audit log


def test_the_audit_log_says_who_did_what_on_what_and_how_it_ended(daemon):
    def act():
        client = cim.connection(daemon)
        reads(daemon)
        return cim.ended(client, cim.migrate(client, "web", "beta", CheckParameters=["password=swordfish"])).path

    path = as_user(OPERATOR, act, groups=[27])
    record = written(daemon, lambda record: record["operation"] == "MigrateVirtualSystemToHost")
    assert mode(daemon.state_directory / "audit.log") == 0o600
    assert (record["uid"], record["gid"], record["groups"], record["role"]) == (OPERATOR, 65534, [65534, 27], "operator")
    assert record["pid"] > 0 and record["connection"] > 0 and record["microseconds"] > 0 and record["message"] == "1001"
    assert record["namespace"] == "root/virt" and record["object"].startswith(f"{cim.SERVICE}.")
    assert 'Name="web"' in record["parameters"]["ComputerSystem"]
    assert record["parameters"]["DestinationHost"] == "beta"
    assert "(hidden)" in record["parameters"]["MigrationSettingData"]
    assert (record["outcome"], record["returned"]) == ("done", "4096")
    assert path["InstanceID"] in record["job"]
    text = (daemon.state_directory / "audit.log").read_text()
    assert "swordfish" not in text and "EnumerateInstanceNames" not in text


def test_a_client_cannot_forge_a_line(daemon):
    forged = '"}\n{"time":"2026-01-01T00:00:00Z","uid":0,"operation":"Recover","outcome":"done"}\u2028\u0085\u202e'
    client = cim.connection(daemon)
    with pytest.raises(pywbem.CIMError):
        client.InvokeMethod("CheckIsVSMigratable", cim.service(client), ComputerSystem=cim.guest("web" + forged),
                            DestinationHost=forged)
    record = written(daemon, lambda record: record["operation"] == "CheckIsVSMigratable")
    # XML makes one character of the line's end that it is sent as.
    assert record["parameters"]["DestinationHost"].startswith('"}') and record["uid"] == 0
    data = (daemon.state_directory / "audit.log").read_bytes().decode()
    assert not [character for character in data if character in "\u2028\u0085\u202e"]
    assert not [record for record in audit(daemon) if record["operation"] == "Recover"]


def test_requests_that_are_no_calls_are_written_down(daemon):
    body = cim.simple_request("GetClass")
    assert cim.exchange(daemon.socket_path, cim.post(body, "EnumerateClasses")).status == 400
    record = written(daemon, lambda record: record["outcome"] == "unreadable")
    assert (record["operation"], record["httpStatus"], record["cimError"]) == ("EnumerateClasses", 400, "header-mismatch")


def test_a_rotated_log_is_left_and_a_new_one_begun(daemon):
    log = daemon.state_directory / "audit.log"
    as_user(OBSERVER, lambda: everything(daemon))
    written(daemon, lambda record: record["operation"] == "DeleteClass")
    log.rename(log.with_name("audit.log.1"))
    daemon.reload(lambda text: text)
    as_user(CHECKER, lambda: everything(daemon))
    written(daemon, lambda record: record["operation"] == "DeleteClass")
    assert {record["uid"] for record in audit(daemon)} == {CHECKER}
    assert {record["uid"] for record in audit(daemon, "audit.log.1")} == {OBSERVER}
    assert mode(log) == 0o600


def test_what_was_recorded_is_there_after_a_stop(daemon):
    as_user(OBSERVER, lambda: everything(daemon))
    assert daemon.stop() == 0
    assert [record["status"] for record in audit(daemon)] == [2, 2, 2, 2]


def test_an_audit_log_that_cannot_be_written_is_told_at_the_start():
    with running(fake_config(access="auditLog: /no/such/directory/audit.log"), start=False) as daemon:
        daemon.start(expect_ready=False)
        assert daemon.process.wait(30) == 1
        assert "the audit log /no/such/directory/audit.log: cannot open it" in daemon.log()
        assert "See access.auditLog" in daemon.log()


def test_a_full_disk_is_told_once_and_costs_one_line(tmp_path):
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8k,mode=0700", "tmpfs", str(place)]).returncode != 0:
        pytest.skip("nothing can be mounted here")
    try:
        filler = place / "filler"
        filler.write_bytes(b"x" * 4096)
        with reachable(ROLES + f"auditLog: {place}/audit.log") as daemon:
            for _ in range(100):
                as_user(OBSERVER, lambda: everything(daemon))
                if "cannot be written" in daemon.log():
                    break
            filler.unlink()
            start = daemon.log_path.stat().st_size
            as_user(CHECKER, lambda: everything(daemon))
            daemon.wait_for_log("the audit log is written again", start)
            assert daemon.stop() == 0
            assert daemon.log().count("cannot be written") == 1
            torn, whole = [], []
            for line in (place / "audit.log").read_text().splitlines():
                try:
                    whole.append(json.loads(line)["uid"])
                except json.JSONDecodeError:
                    torn.append(line)
            assert len(torn) <= 1 and whole[-1] == CHECKER
    finally:
        subprocess.run(["umount", str(place)], check=True)


def test_without_a_file_the_log_has_the_records():
    with reachable(ROLES + "auditLog: null") as daemon:
        as_user(OBSERVER, lambda: everything(daemon))
        daemon.wait_for_log(r'"operation":"BackUpJournal"')
        assert not (daemon.state_directory / "audit.log").exists()
