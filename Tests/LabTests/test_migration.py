"""The daemon between two real libvirtd and QEMU hosts. Whatever it says, both hosts are asked through virsh."""

import json
import pathlib
import shutil
import subprocess
import tempfile

import pytest
import pywbem

from Support import cim
from Support.daemon import running, wait_until
from Support.lab import lab_config


def test_a_running_guest_moves_and_lives(lab, client, guest):
    lab.lives("A", guest)
    verdict, findings = cim.check(client, guest, "b")
    assert verdict == 3, {name: (found["Severity"], found["Seen"]) for name, found in findings.items()}
    assert "VIR_MIGRATE_UNSAFE" in findings["disks-reachable"]["Message"]
    job = cim.ended(client, cim.migrate(client, guest, "b"))
    assert job["JobState"] == 7, job.tomof()
    assert job["UnsafeDisksAllowed"] is True
    assert lab.state("A", guest) is None
    assert lab.state("B", guest) == "running" and lab.is_persistent("B", guest)
    lab.lives("B", guest)
    wait_until(lambda: cim.where(client, guest) == "b", what="the guest shown on b")


def test_it_moves_back(lab, client, guest):
    assert cim.ended(client, cim.migrate(client, guest, "b"))["JobState"] == 7
    assert cim.ended(client, cim.migrate(client, guest, "a"))["JobState"] == 7
    assert lab.state("A", guest) == "running" and lab.state("B", guest) is None
    lab.lives("A", guest)


def test_a_transient_guest_moves_and_stays_transient(lab, client):
    lab.define("A", "transient", transient=True)
    try:
        job = cim.ended(client, cim.migrate(client, "transient", "b"))
        assert job["JobState"] == 7, job.tomof()
        assert lab.state("A", "transient") is None
        assert lab.state("B", "transient") == "running" and not lab.is_persistent("B", "transient")
    finally:
        lab.remove("transient")


def test_the_definition_of_a_guest_that_is_off_moves(lab, client):
    lab.define("A", "sleeper", start=False)
    try:
        job = cim.ended(client, cim.migrate(client, "sleeper", "b", MigrationType=1))
        assert job["JobState"] == 7, job.tomof()
        assert lab.state("A", "sleeper") is None and lab.state("B", "sleeper") == "shut off"
    finally:
        lab.remove("sleeper")


def test_an_offline_migration_of_a_running_guest_doubles_nothing(lab, client, guest):
    job = cim.ended(client, cim.migrate(client, guest, "b", MigrationType=1))
    assert job["JobState"] == 10 and "guest-state" in job["ErrorDescription"] or "shut off" in job["ErrorDescription"]
    assert lab.state("A", guest) == "running" and lab.state("B", guest) is None


def test_a_guest_that_is_not_there_gets_no_job(client):
    with pytest.raises(pywbem.CIMError) as caught:
        cim.migrate(client, "nobody", "b")
    assert caught.value.status_code == 6 and "No such domain: nobody" in caught.value.status_description


def test_a_disk_on_a_private_path_is_refused(lab, client):
    # The same path on both hosts, and not the same storage.
    lab.script("disk", str(lab.directory / "hostA" / "private" / "lonely.img"), "1M")
    file = lab.directory / "lonely.xml"
    file.write_text(lab.script("guest", "lonely", str(lab.directory / "private" / "lonely.img")).stdout)
    lab.virsh("A", "define", str(file))
    lab.virsh("A", "start", "lonely")
    try:
        verdict, findings = cim.check(client, "lonely", "b")
        assert verdict == 4 and findings["disks-reachable"]["Severity"] == 4
        assert cim.ended(client, cim.migrate(client, "lonely", "b"))["JobState"] == 10
        assert lab.state("A", "lonely") == "running" and lab.state("B", "lonely") is None
    finally:
        lab.remove("lonely")


def test_a_name_taken_at_the_destination_is_refused(lab, client, guest):
    lab.define("B", f"{guest}", start=False, guest_arguments=["--uuid", "12345678-0000-4000-8000-000000000001"])
    try:
        verdict, findings = cim.check(client, guest, "b")
        assert verdict == 4 and findings["identity-free"]["Severity"] == 4
        assert cim.ended(client, cim.migrate(client, guest, "b"))["JobState"] == 10
        assert lab.state("A", guest) == "running" and lab.state("B", guest) == "shut off"
    finally:
        lab.virsh("B", "undefine", guest, check=False)


def test_a_destination_that_is_down_is_refused_and_comes_back(lab, client, guest):
    lab.script("stop-libvirtd", "B")
    try:
        verdict, findings = cim.check(client, guest, "b")
        assert verdict == 4
        assert findings["destination-reachable"]["Severity"] == 4 and findings["destination-reachable"]["Seen"]
        job = cim.ended(client, cim.migrate(client, guest, "b"))
        assert job["JobState"] == 10 and "Failed to connect" in job["ErrorDescription"]
        assert lab.state("A", guest) == "running"
    finally:
        lab.script("start-libvirtd", "B")
    wait_until(lambda: cim.check(client, guest, "b")[0] == 3, what="b reachable again")
    assert cim.ended(client, cim.migrate(client, guest, "b"))["JobState"] == 7


def test_the_source_itself_is_no_destination(client, guest):
    verdict, findings = cim.check(client, guest, "a")
    assert verdict == 4 and findings["another-host"]["Severity"] == 4


def busy(lab, client, name):
    """A guest that writes memory so fast that its migration is under way for as long as a test needs."""
    lab.define("A", name, disk_arguments=["--pages", "400", "--limit-mib", "48", "--never-sleep"],
               guest_arguments=["--memory-mib", "64"])
    lab.lives("A", name)
    path = cim.migrate(client, name, "b", Bandwidth=8)
    wait_until(lambda: "Unbounded" in lab.virsh("A", "domjobinfo", name, check=False).stdout, what="the transfer")
    return path


def test_a_migration_under_way_is_cancelled(lab, client):
    try:
        path = busy(lab, client, "busy")
        client.InvokeMethod("RequestStateChange", path, RequestedState=pywbem.Uint16(4))
        job = cim.ended(client, path)
        assert job["JobState"] == 8, job.tomof()
        assert lab.state("A", "busy") == "running" and lab.state("B", "busy") is None
        lab.lives("A", "busy")
    finally:
        lab.remove("busy")


def taken_up_again(client, path):
    """A job whose migration went on without us, and is proved to be the job's own by the mark that its copy carries."""
    job = wait_until(
        lambda: (lambda found: found if "proved to be this job's" in found["JobStatus"] else None)(
            client.GetInstance(path)), what="the move taken up again")
    assert job["Phase"] == 4, job.tomof()
    assert "restarted (phase was transferring)" in "\n".join(job["Timeline"])


def test_sigterm_during_a_migration_leaves_it_running_and_the_next_start_takes_it_up_again(lab):
    with running(lab_config(lab)) as daemon:
        client = cim.connection(daemon)
        try:
            path = busy(lab, client, "orphan")
            assert daemon.stop() == 0
            assert "runs on at a" in daemon.log()
            daemon.start()
            client = cim.connection(daemon)
            taken_up_again(client, path)
            # Time enough to send what is left: the move ends well.
            lab.virsh("A", "migrate-setmaxdowntime", "orphan", "30000")
            job = cim.ended(client, path, deadline=90)
            assert job["JobState"] == 7, job.tomof()
            assert lab.state("A", "orphan") is None and lab.state("B", "orphan") == "running"
            lab.lives("B", "orphan")
        finally:
            lab.remove("orphan")


def test_a_daemon_killed_in_mid_migration_touches_nothing_and_knows_how_it_ended(lab):
    with running(lab_config(lab)) as daemon:
        client = cim.connection(daemon)
        try:
            path = busy(lab, client, "killed")
            daemon.stop(9)
            daemon.start()
            client = cim.connection(daemon)
            taken_up_again(client, path)
            # Somebody else ends the move: the guest stays.
            lab.virsh("A", "domjobabort", "killed")
            job = cim.ended(client, path, deadline=90)
            assert job["JobState"] == 10 and "proved to be on a" in job["JobStatus"], job.tomof()
            assert lab.state("A", "killed") == "running" and lab.state("B", "killed") is None
            lab.lives("A", "killed")
        finally:
            lab.remove("killed")


def test_an_external_check_refuses_and_then_passes(lab, guest):
    directory = pathlib.Path(tempfile.mkdtemp(prefix="migrationd-checks-", dir="/var/lib"))
    directory.chmod(0o755)
    allowed = directory.parent / f"{directory.name}.allowed"
    program = directory / "50-window"
    program.write_text(f'#!/bin/sh\n[ -e {allowed} ] || {{ echo "no maintenance window for $1"; exit 1; }}\n')
    program.chmod(0o755)
    try:
        with running(lab_config(lab, checks=f"externalDirectory: {directory}")) as daemon:
            client = cim.connection(daemon)
            verdict, findings = cim.check(client, guest, "b")
            assert verdict == 4 and f"no maintenance window for {guest}" in findings["external:50-window"]["Seen"]
            assert cim.ended(client, cim.migrate(client, guest, "b"))["JobState"] == 10
            assert lab.state("A", guest) == "running" and lab.state("B", guest) is None
            allowed.touch()
            assert cim.check(client, guest, "b")[0] == 3
            assert cim.ended(client, cim.migrate(client, guest, "b"))["JobState"] == 7
            assert lab.state("B", guest) == "running" and lab.state("A", guest) is None
    finally:
        shutil.rmtree(directory)
        allowed.unlink(missing_ok=True)


def test_the_command_line_does_the_same(lab, daemon, guest):
    assert "migratable, with warnings" in daemon.command("check", guest, "b", check=0).stdout
    text = daemon.command("migrate", guest, "b", check=0).stdout
    assert "completed, 100 %" in text
    assert lab.state("B", guest) == "running"
    report = json.loads(daemon.command("status", "--json", check=0).stdout)
    assert report["daemon"]["hypervisor"] == "libvirt"
    assert {host["state"] for host in report["hosts"]} == {"up"}


def test_the_virsh_line_that_a_job_shows_works(lab, client, guest):
    job = cim.ended(client, cim.migrate(client, guest, "b"))
    assert job["JobState"] == 7
    lab.virsh("B", "migrate", "--live", "--p2p", "--persistent", "--undefinesource", "--unsafe", guest, lab.uri("A", "tcp"))
    done = subprocess.run(["bash", "-c", job["VirshCommand"]], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert lab.state("B", guest) == "running" and lab.state("A", guest) is None
