"""The eight defects that were seen in libvirt-cim, the peer that migrationd replaces: each is attempted here, and absent."""

import contextlib
import pathlib
import shutil
import signal
import socket
import tempfile

import pytest
import pywbem

from Support import cim, fake_hosts
from Support.daemon import fake_config, running, wait_until

WORLD = """
storage:
  - {pool: shared, path: /srv/shared, hosts: [alpha, beta, gamma]}
hosts:
  - name: alpha
    uuid: a1fa0000-0000-4000-8000-000000000001
    guests:
      - name: web
        uuid: 10000000-0000-4000-8000-000000000001
        dirtyMiBPerSecond: 40
        disks: [{target: vda, path: /srv/shared/web.qcow2}]
      - name: cold
        uuid: 10000000-0000-4000-8000-000000000002
        state: shutOff
        disks: [{target: vda, path: /srv/shared/cold.qcow2}]
  - {name: beta, uuid: be7a0000-0000-4000-8000-000000000002}
  - {name: gamma, uuid: 9a33a000-0000-4000-8000-000000000003}
"""


@contextlib.contextmanager
def standing(**settings):
    """A world, a daemon on it, and a client."""
    with fake_hosts.standing(WORLD, speed=settings.pop("speed", 20)) as hosts:
        daemon = hosts.daemon(**settings)
        daemon.start()
        yield hosts, daemon, cim.connection(daemon)


def hosts_of(hosts, guest):
    return sorted(hosts.copies(guest))


def test_1_a_definition_whose_uuid_is_taken_at_the_destination_is_not_lost():
    with standing() as (hosts, _, client):
        hosts.command("guest-define", host="beta", guest={
            "name": "impostor", "uuid": "10000000-0000-4000-8000-000000000002", "state": "shutOff"})
        verdict, findings = cim.check(client, "cold", "beta", MigrationType=1)
        assert verdict == 4 and findings["identity-free"]["Severity"] == 4
        job = cim.ended(client, cim.migrate(client, "cold", "beta", MigrationType=1))
        assert job["JobState"] == 10
        assert hosts_of(hosts, "cold") == ["alpha"]


def test_2_a_move_that_cannot_be_made_is_no_success():
    with standing() as (hosts, _, client):
        wait_until(lambda: any(path["Name"] == "web" for path in client.EnumerateInstanceNames("KVM_ComputerSystem")),
                   what="web in sight")
        hosts.command("daemon-down", host="alpha")
        try:
            job = cim.ended(client, cim.migrate(client, "web", "beta"), deadline=90)
            assert job["JobState"] == 10 and job["ErrorCode"] != 0, job.tomof()
        except pywbem.CIMError as refused:
            assert refused.status_code != 0 and "alpha" in refused.status_description
        assert hosts_of(hosts, "web") == ["alpha"]


def test_3_a_daemon_that_dies_in_mid_move_leaves_neither_a_job_for_ever_nor_a_second_definition():
    with standing(speed=1) as (hosts, daemon, client):
        hosts.command("guest-dirty", host="alpha", guest="web", miBPerSecond=5000)
        path = cim.migrate(client, "web", "beta")
        wait_until(lambda: "beta" in hosts.copies("web"), what="the move under way")
        daemon.stop(signal.SIGKILL)
        hosts.command("guest-dirty", host="alpha", guest="web", miBPerSecond=0)
        daemon.start()
        job = cim.ended(cim.connection(daemon), path)
        assert job["JobState"] == 7, job.tomof()
        copies = hosts.copies("web")
        assert list(copies) == ["beta"] and copies["beta"]["state"] == "running"


def test_4_jobs_go_away():
    with standing(limits="jobHistory: 1") as (_, _, client):
        first = cim.migrate(client, "cold", "beta", MigrationType=1)
        cim.ended(client, first)
        cim.ended(client, cim.migrate(client, "cold", "alpha", MigrationType=1))
        with pytest.raises(pywbem.CIMError) as gone:
            client.GetInstance(first)
        assert gone.value.status_code == 6


def test_5_the_reason_of_a_failure_is_the_hypervisors_own():
    with standing() as (hosts, _, client):
        hosts.command("fail", call="migrate", number=9, message="operation failed: disk on fire")
        path = cim.migrate(client, "web", "beta")
        job = cim.ended(client, path)
        assert job["JobState"] == 10 and "disk on fire" in job["ErrorDescription"]
        assert "Error 0" not in job["ErrorDescription"]
        _, out = client.InvokeMethod("GetErrors", path)
        assert "disk on fire" in out["Errors"][0]["Message"]


def test_6_what_cannot_be_asked_gets_no_job():
    with standing(speed=1) as (hosts, _, client):
        with pytest.raises(pywbem.CIMError) as unknown:
            cim.migrate(client, "nobody", "beta")
        assert unknown.value.status_code == 6 and "No such domain: nobody" in unknown.value.status_description
        with pytest.raises(pywbem.CIMError):
            cim.migrate(client, "web", "nowhere")
        hosts.command("guest-dirty", host="alpha", guest="web", miBPerSecond=5000)
        cim.migrate(client, "web", "beta")
        with pytest.raises(pywbem.CIMError) as busy:
            cim.migrate(client, "web", "gamma")
        assert "has migration job" in busy.value.status_description
        assert len(client.EnumerateInstanceNames("KVM_MigrationJob")) == 1


@contextlib.contextmanager
def check_programs(**programs):
    path = pathlib.Path(tempfile.mkdtemp(prefix="migrationd-checks-", dir="/var/lib"))
    try:
        path.chmod(0o755)
        for name, text in programs.items():
            (path / name).write_text(text)
            (path / name).chmod(0o755)
        yield path
    finally:
        shutil.rmtree(path)


def test_7_a_check_that_dies_is_no_pass_and_a_migration_runs_the_checks():
    with check_programs(killed="#!/bin/sh\nkill -KILL $$\n") as directory:
        with standing(checks=f"externalDirectory: {directory}") as (hosts, _, client):
            verdict, findings = cim.check(client, "web", "beta")
            assert verdict in (4, 5) and findings["external:killed"]["Severity"] in (4, 5)
            assert cim.ended(client, cim.migrate(client, "web", "beta"))["JobState"] == 10
            assert hosts_of(hosts, "web") == ["alpha"]
    missing = fake_config(checks=f"externalDirectory: {directory}")
    with running(missing, start=False) as daemon:
        daemon.start(expect_ready=False)
        assert daemon.process.wait(30) != 0, "a directory of checks that is not there is no pass"
        daemon.process = None
        assert str(directory) in daemon.log()


def test_8_idle_connections_block_nobody_and_malformed_text_is_answered():
    with standing() as (_, daemon, client):
        idle = []
        try:
            for _ in range(9):
                peer = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
                peer.settimeout(10)
                peer.connect(daemon.socket_path)
                peer.sendall(cim.post(cim.simple_request("EnumerateClassNames"), "EnumerateClassNames"))
                assert cim.read_answer(peer).status == 200
                idle.append(peer)
            assert client.EnumerateInstanceNames("KVM_MigrationJob") == []
            answer = cim.exchange(daemon.socket_path, cim.post(b"<CIM><not well formed", "GetInstance"), deadline=10)
            assert answer.status == 400 and answer.headers.get("cimerror")
        finally:
            for peer in idle:
                peer.close()

