"""When something broke: undecided jobs, a journal that cannot be relied on, backups; and the configuration read again."""

import contextlib
import json
import os
import re
import signal
import sqlite3
import stat
import subprocess

import pytest
import pywbem

from Support import cim
from Support.daemon import BINARY, ROOT, fake_config, running

HASTY = "verifyDeadlineSeconds: 2\nverifyRetrySeconds: 1"
FAST = "fakeSpeed: 20\nrefreshSeconds: 1"


def number(path):
    return path["InstanceID"].split(":")[1]


def in_phase(client, path, phase):
    return cim.wait_until(
        lambda: (lambda job: job if job["Phase"] == phase else None)(client.GetInstance(path)), what=f"phase {phase}")


def status(daemon):
    return json.loads(daemon.command("status", "--json", check=0).stdout)


def host_state(daemon, name, state):
    cim.wait_until(
        lambda: any(host["name"] == name and host["state"] == state for host in status(daemon)["hosts"]),
        what=f"{name} {state}")


# Undecided jobs


@contextlib.contextmanager
def undecided():
    """A move of db to beta, which lost its power in the middle: the guest is on alpha, and beta does not answer."""
    with running(fake_config(migration_extra=HASTY, hypervisor=FAST)) as daemon:
        client = cim.connection(daemon)
        path = cim.migrate(client, "db", "beta")
        in_phase(client, path, 4)
        daemon.world(command="host-down", host="beta")
        in_phase(client, path, 9)
        host_state(daemon, "beta", "no contact")
        yield daemon, client, path


def test_an_undecided_job_is_resolved_once_its_dead_host_is_vouched_for():
    with undecided() as (daemon, client, path):
        job = number(path)
        shown = daemon.command("status", check=0).stdout
        command = f"migrationd resolve {job} --keep source --fenced beta --socket {daemon.socket_path}"
        assert f"UNDECIDED, job {job}" in shown and command in shown and "known: on beta: not known" in shown
        assert "beta does not answer, so the guest cannot be kept there" in shown
        assert command in daemon.command("job", job, check=0).stdout

        for arguments, words in [
            (["--keep", "source"], "--fenced beta"),
            (["--keep", "source", "--fenced", "gamma"], "gamma is not a host of job"),
            (["--keep", "source", "--fenced", "alpha"], "cannot be kept on alpha"),
            (["--keep", "destination"], "cannot be kept unseen"),
        ]:
            assert words in daemon.command("resolve", job, *arguments, check=4).stderr
        assert client.GetInstance(path)["Phase"] == 9

        done = daemon.command("resolve", job, "--keep", "source", "--fenced", "BETA", check=0)
        assert "db is kept on alpha" in done.stdout
        ended = cim.ended(client, path)
        assert ended["JobState"] == 10 and ended["FencedHosts"] == ["beta"] and "uid 0" in ended["ResolvedBy"]
        assert cim.where(client, "db") == "alpha"
        assert "who vouched that beta is off" in daemon.command("job", job, check=0).stdout
        assert "only a job whose outcome is not proved" in daemon.command("resolve", job, "--keep", "source", check=4).stderr


def test_a_host_that_answers_is_not_switched_off_and_an_undecided_job_ends_by_itself():
    with undecided() as (daemon, client, path):
        daemon.world(command="host-up", host="beta")
        # The job may have settled itself before.
        done = daemon.command("resolve", number(path), "--keep", "source", "--fenced", "beta", check=4)
        assert re.search("beta answers|settled by itself|not proved is resolved", done.stderr)
        job = cim.ended(client, path)
        assert job["JobState"] == 10 and job["ResolvedBy"] is None


def test_resolve_takes_a_side_and_a_job_only(reader):
    service = cim.service(reader)
    job = pywbem.CIMInstanceName("KVM_MigrationJob", {"InstanceID": "migrationd:none"}, namespace="root/virt")
    for parameters, code in [
        ({"Job": job, "Keep": pywbem.Uint16(4)}, 4), ({"Job": job}, 4), ({"Keep": pywbem.Uint16(2)}, 4),
        ({"Job": cim.guest("web"), "Keep": pywbem.Uint16(2)}, 4), ({"Job": job, "Keep": pywbem.Uint16(2)}, 6),
    ]:
        with pytest.raises(pywbem.CIMError) as refused:
            reader.InvokeMethod("ResolveJob", service, **parameters)
        assert refused.value.status_code == code, refused.value


# A journal that cannot be relied on


def damage(daemon):
    assert daemon.stop() == 0
    journal = daemon.state_directory / "journal.sqlite"
    journal.write_bytes(b"no journal at all" * 500)
    for beside in ("-wal", "-shm"):
        journal.with_name(journal.name + beside).unlink(missing_ok=True)


def test_with_a_damaged_journal_the_daemon_only_reads_until_it_has_read_every_host(daemon, client):
    uuid = status(daemon)["daemon"]["uuid"]
    damage(daemon)
    daemon.start()
    assert re.search(r"error.*only reads.*damaged", daemon.log())
    client = cim.connection(daemon)
    service = client.GetInstance(cim.service(client))
    assert "damaged" in service["RecoveryNeed"] and service["OperationalStatus"] == [3]
    assert service["DaemonUUID"] == uuid
    shown = daemon.command("status", check=0).stdout
    assert "RECOVERY NEEDED" in shown and f"migrationd recover --socket {daemon.socket_path}" in shown

    assert "only reads" in daemon.command("migrate", "web", "beta", check=4).stderr
    with pytest.raises(pywbem.CIMError) as refused:
        cim.migrate(client, "web", "beta")
    assert refused.value.status_code == 1 and "migrationd recover" in refused.value.status_description
    assert "migratable" in daemon.command("check", "web", "beta", check=0).stdout
    assert cim.where(client, "web") == "alpha"

    assert "read alpha, beta, gamma" in daemon.command("recover", check=0).stdout
    assert client.GetInstance(cim.service(client))["RecoveryNeed"] is None
    assert "RECOVERY" not in daemon.command("status", check=0).stdout
    daemon.command("migrate", "web", "beta", check=0)
    daemon.stop()
    daemon.start()
    assert status(daemon)["daemon"].get("recoveryNeed") is None


def test_a_host_that_cannot_be_read_must_be_vouched_for_and_one_that_answers_must_not(daemon):
    damage(daemon)
    daemon.start()
    daemon.world(command="unreachable", host="beta")
    refused = daemon.command("recover", check=4).stderr
    assert "beta" in refused and "--fenced" in refused
    assert status(daemon)["daemon"]["recoveryNeed"]
    assert "alpha answers" in daemon.command("recover", "--fenced", "alpha", "--fenced", "beta", check=4).stderr
    assert "is no UUID" in daemon.command("recover", "--fenced", "beta", "--adopt", "me", check=4).stderr
    report = json.loads(daemon.command("recover", "--fenced", "Beta", "--json", check=0).stdout)
    assert report["hosts"] == ["alpha", "gamma"] and report["guests"] > 0
    assert status(daemon)["daemon"].get("recoveryNeed") is None


def test_a_journal_of_a_newer_version_is_left_alone(daemon):
    daemon.stop()
    with contextlib.closing(sqlite3.connect(daemon.state_directory / "journal.sqlite")) as journal, journal:
        journal.execute("INSERT INTO grdb_migrations VALUES ('from the future')")
    before = (daemon.state_directory / "journal.sqlite").read_bytes()
    done = daemon.offline("serve", check=1)
    assert "newer" in done.stderr
    assert (daemon.state_directory / "journal.sqlite").read_bytes() == before


# Marks of another daemon

OWNER = "0e0e0e0e-0000-4000-8000-000000000009"
JOB = "0a0a0a0a-0000-4000-8000-00000000000a"
WEB = "      - name: web\n        uuid: 10000000-0000-4000-8000-000000000001\n"


def half_moved(directory):
    """A world in which another daemon's move of web left a definition at beta, and the guest running on alpha."""
    def marked(generation):
        return f"{WEB}        mark: {{owner: {OWNER}, generation: {generation}, job: {JOB}}}\n"

    text = (ROOT / "config" / "fake-hosts.yaml").read_text().replace(WEB, marked(1))
    legacy = "      - name: legacy\n        uuid: 20000000-0000-4000-8000-000000000001\n"
    file = directory / "world.yaml"
    file.write_text(text.replace(legacy, marked(2) + "        state: shutOff\n" + legacy))
    return file


def test_another_daemons_guests_are_shown_and_only_read_until_they_are_adopted(tmp_path):
    with running(fake_config(world_file=half_moved(tmp_path))) as daemon:
        client = cim.connection(daemon)
        foreign = cim.wait_until(lambda: client.GetInstance(cim.service(client))["ForeignGuests"], what="a host read")
        cim.wait_until(lambda: len(status(daemon)["daemon"]["foreignGuests"]) == 2, what="both copies")
        assert "web on " in foreign[0] and OWNER in foreign[0]
        guest = client.GetInstance(cim.guest("web"))
        assert guest["MigrationOwner"] == OWNER and guest["MigrationGeneration"] == 1
        shown = daemon.command("status", check=0).stdout
        assert "ANOTHER MIGRATIOND" in shown and f"migrationd recover --adopt {OWNER}" in shown
        assert cim.check(client, "web", "beta")[0] == 4

        told = daemon.command("recover", check=0).stdout
        assert f"migrationd recover --adopt {OWNER}" in told and "only read" in told
        report = json.loads(daemon.command("recover", "--adopt", OWNER.upper(), "--json", check=0).stdout)
        assert report["jobsMadeAnew"] == [JOB]
        path = pywbem.CIMInstanceName("KVM_MigrationJob", {"InstanceID": f"migrationd:{JOB}"}, namespace="root/virt")
        job = cim.ended(client, path)
        assert job["JobState"] == 10 and "made anew" in job["Timeline"][1]
        assert not status(daemon)["daemon"]["foreignGuests"]
        assert cim.ended(client, cim.migrate(client, "web", "beta"))["JobState"] == 7


# Backups


def test_a_backup_is_restored_and_asks_for_recovery(daemon, client, tmp_path):
    first = cim.migrate(client, "web", "beta")
    assert cim.ended(client, first)["JobState"] == 7
    copy = tmp_path / "journal.backup"
    assert daemon.command("backup", str(copy), check=0).stdout.strip() == str(copy)
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    backups = list((daemon.state_directory / "backups").iterdir())
    assert len(backups) == 1 and backups[0].read_bytes() == copy.read_bytes()
    assert re.fullmatch(r"journal-\d{8}T\d{6}\.\d{6}Z\.sqlite", backups[0].name)
    assert stat.S_IMODE(backups[0].stat().st_mode) == 0o600

    refused = daemon.command("backup", str(copy), check=1).stderr
    assert "File exists" in refused and "The backup itself is complete" in refused
    second = cim.migrate(client, "mail", "alpha")
    assert cim.ended(client, second)["JobState"] == 7

    assert "nothing was restored" in daemon.offline("restore", str(copy), check=1).stderr
    assert daemon.stop() == 0
    done = daemon.offline("restore", str(copy), check=0)
    assert "1 jobs" in done.stdout and "migrationd recover" in done.stdout
    daemon.start()
    client = cim.connection(daemon)
    assert "restored" in client.GetInstance(cim.service(client))["RecoveryNeed"]
    assert [path["InstanceID"] for path in client.EnumerateInstanceNames("KVM_MigrationJob")] == [first["InstanceID"]]
    daemon.command("recover", check=0)
    daemon.command("migrate", "compute", "beta", check=0)


def test_what_is_no_backup_is_not_restored(daemon, tmp_path):
    daemon.stop()
    before = (daemon.state_directory / "journal.sqlite").read_bytes()
    wrong = tmp_path / "wrong"
    wrong.write_bytes(b"x" * 5000)
    for file in (wrong, tmp_path / "nothing"):
        assert str(file) in daemon.offline("restore", str(file), check=1).stderr
    assert (daemon.state_directory / "journal.sqlite").read_bytes() == before
    daemon.start()
    assert status(daemon)["daemon"].get("recoveryNeed") is None


# Jobs that are over


def test_job_tells_the_story_and_jobs_lists_what_is_under_way_and_the_last_ends():
    with running(fake_config(limits="jobHistory: 10")) as daemon:
        client = cim.connection(daemon)
        failed = [cim.migrate(client, "local", "beta") for _ in range(6)]
        for path in failed:
            assert cim.ended(client, path)["JobState"] == 10
        moving = cim.migrate(client, "db", "beta")
        in_phase(client, moving, 4)
        shown = json.loads(daemon.command("jobs", "--json", check=0).stdout)
        assert [job["id"] for job in shown] == [number(moving)] + [number(path) for path in failed[1:]]
        history = json.loads(daemon.command("jobs", "--history", "--json", check=0).stdout)
        assert [job["id"] for job in history] == [number(path) for path in failed]
        story = daemon.command("job", number(failed[0]), check=0).stdout
        assert "What happened:" in story and re.search(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d UTC  submitted by uid 0", story)
        assert "error:" in story and "to do:" in story
        details = json.loads(daemon.command("job", number(failed[0]), "--json", check=0).stdout)
        assert details["errorDetails"][0]["message"] in details["errors"]


def test_an_ended_job_is_forgotten_as_its_instance_says():
    with running(fake_config(limits="jobHistory: 1\njobHistoryDays: 7")) as daemon:
        client = cim.connection(daemon)
        first = cim.migrate(client, "local", "beta")
        job = cim.ended(client, first)
        assert job["DeleteOnCompletion"] is True
        assert job["TimeBeforeRemoval"].timedelta.days == 7
        second = cim.migrate(client, "local", "beta")
        cim.ended(client, second)
        with pytest.raises(pywbem.CIMError) as gone:
            client.GetInstance(first)
        assert gone.value.status_code == 6
        assert client.EnumerateInstanceNames("KVM_MigrationJob") == [second]


# The configuration, read again


def test_a_reload_adds_and_removes_hosts_and_changes_limits_while_a_job_runs_on(daemon, client):
    path = cim.migrate(client, "db", "beta")
    in_phase(client, path, 4)
    gamma = "  - name: gamma\n    uri: fake+tcp://gamma/system\n"
    daemon.reload(lambda text: text.replace(gamma, ""))
    cim.wait_until(lambda: len(status(daemon)["hosts"]) == 2, what="gamma gone")
    assert "No such host: gamma" in daemon.command("check", "web", "gamma", check=4).stderr
    start = daemon.reload(
        lambda text: text.replace("migration:\n", gamma + "migration:\n", 1) + "limits:\n  runningMigrations: 1\n")
    host_state(daemon, "gamma", "up")
    assert "limits.runningMigrations" in daemon.log_since(start) and "hosts" in daemon.log_since(start)
    waiting = cim.migrate(client, "web", "beta")
    assert client.GetInstance(waiting)["Phase"] == 2
    assert client.GetInstance(path)["Phase"] == 4
    daemon.reload(lambda text: text.replace("runningMigrations: 1", "runningMigrations: 2"))
    assert cim.ended(client, waiting)["JobState"] == 7
    daemon.command("cancel", number(path), check=0)
    assert cim.ended(client, path)["JobState"] == 8


def test_a_reload_with_a_mistake_changes_nothing_and_names_its_line(daemon):
    good = daemon.config_path.read_text()
    wrong = good.replace("ProofSeconds: 1", "ProofSeconds: soon").replace("fake+tcp://gamma/system", "nowhere")
    start = daemon.reload(lambda _: wrong, expect="everything stays as it was")
    said = daemon.wait_for_log(r"migrationd\.yaml:\d+:\d+: error: migration\.sourceProofSeconds", start)
    assert said and "hosts[2].uri" in daemon.log_since(start)
    assert len(status(daemon)["hosts"]) == 3
    daemon.reload(lambda _: good + "checks:\n  externalDirectory: /nonexistent\n", expect="everything stays as it was")
    assert "external checks: off" in daemon.command("status", check=0).stdout
    daemon.reload(lambda _: good)
    assert daemon.stop() == 0


def test_a_reload_changes_the_log_level_and_external_checks_and_names_what_waits_for_a_restart(daemon, tmp_path):
    tmp_path.chmod(0o755)
    start = daemon.reload(
        lambda text: text.replace("daemon:\n", "daemon:\n  logLevel: debug\n  shutdownGraceSeconds: 7\n", 1)
        + f"checks:\n  externalDirectory: {tmp_path}\n")
    daemon.wait_for_log(r"next start only.*|keys=daemon\.shutdownGraceSeconds.*", start)
    assert str(tmp_path) in daemon.command("status", check=0).stdout
    daemon.wait_for_log(r" debug migrationd", start)
    assert "daemon.shutdownGraceSeconds" in daemon.log_since(start)
    daemon.reload(lambda text: text.replace("logLevel: debug", "logLevel: error"), expect="")
    # Nothing but errors is logged now, not even that: what is seen is that requests leave no trace.
    cim.wait_until(lambda: silent(daemon), what="silence")


def silent(daemon):
    start = daemon.log_path.stat().st_size
    daemon.command("status", check=0)
    return daemon.log_path.stat().st_size == start


# Crash points


def test_every_crash_point_is_listed_with_whether_it_changes_a_host():
    done = subprocess.run([str(BINARY), "crash-points"], capture_output=True, text=True, timeout=60)
    lines = done.stdout.splitlines()
    assert done.returncode == 0 and len(lines) == len(set(lines)) and len(lines) % 3 == 0
    assert "transfer:after-commit changes-host" in lines and "reply:before-commit" in lines
    form = re.compile(r"[a-z-]+:(before-commit|after-commit|after-effect)( changes-host)?")
    assert all(form.fullmatch(line) for line in lines)
    shown = subprocess.run([str(BINARY), "--help"], capture_output=True, text=True, timeout=60).stdout
    assert "crash-points" not in shown


def test_the_daemon_dies_where_it_is_told_to_and_its_successor_knows(tmp_path):
    with running(start=False) as daemon:
        daemon.start(environment={"MIGRATIOND_CRASH_AT": "transfer:after-commit:2"})
        daemon.wait_for_log("kill itself")
        client = cim.connection(daemon)
        assert cim.ended(client, cim.migrate(client, "web", "beta"))["JobState"] == 7
        path = cim.migrate(client, "compute", "beta")
        assert daemon.process.wait(30) == -signal.SIGKILL
        daemon.start()
        client = cim.connection(daemon)
        assert cim.ended(client, path)["JobState"] == 10
        assert cim.where(client, "compute") == "alpha"


@pytest.mark.parametrize("text", ["transfer", "dance:after-commit", "transfer:never", "transfer:after-commit:0", ""])
def test_a_crash_point_that_is_none_is_refused(text):
    with running(start=False) as daemon:
        done = subprocess.run(
            [str(BINARY), "serve", "--config", str(daemon.config_path)], capture_output=True, text=True, timeout=60,
            env={**os.environ, "MIGRATIOND_CRASH_AT": text})
        assert done.returncode == 1 and "MIGRATIOND_CRASH_AT" in done.stderr
