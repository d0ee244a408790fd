"""Faults between two real hosts, and what the daemon makes of them. Each test is a row of what was seen on real hosts:
where the guest must be afterwards is asked of both hosts through virsh, whatever the daemon says."""

import contextlib

import pytest

from Support import cim
from Support.daemon import running, wait_until
from Support.lab import lab_config

QUICK = """
sourceProofSeconds: 2
verifyRetrySeconds: 1
verifyDeadlineSeconds: 5
"""


@pytest.fixture(scope="module")
def daemon(lab):
    with running(lab_config(lab, migration=QUICK)) as started:
        yield started


@contextlib.contextmanager
def moving(lab, client, name, **options):
    """A guest whose move from a to b is under way; the job's path."""
    try:
        lab.busy(name, **options)
        path = cim.migrate(client, name, "b", Bandwidth=8)
        wait_until(lambda: lab.is_moving(name), what="the transfer")
        yield path
    finally:
        for host in "AB":
            lab.script("start-host", host, check=False)
            lab.script("link", host, "up", check=False)
            lab.script("start-libvirtd", host, check=False)
        lab.remove(name)


def story(client, path):
    return "\n".join(client.GetInstance(path)["Timeline"])


def expect_on_a(lab, name, job):
    assert job["JobState"] == 10, job.tomof()
    assert lab.state("A", name) == "running" and lab.is_persistent("A", name)
    wait_until(lambda: lab.state("B", name) is None, what="nothing left on b")
    lab.lives("A", name)


def test_qemu_killed_at_the_destination(lab, client):
    with moving(lab, client, "victim-b") as path:
        lab.kill_qemu("B", "victim-b")
        job = cim.ended(client, path)
        expect_on_a(lab, "victim-b", job)
        assert job["HypervisorLog"], "QEMU's own words, from where we can read them"


def test_qemu_killed_at_the_source(lab, client):
    with moving(lab, client, "victim-a") as path:
        lab.kill_qemu("A", "victim-a")
        job = cim.ended(client, path)
        assert job["JobState"] == 10 and "stopped" in job["JobStatus"], job.tomof()
        assert lab.state("A", "victim-a") == "shut off"
        wait_until(lambda: lab.state("B", "victim-a") is None, what="the destination cleaned")


def test_libvirtd_killed_at_the_destination(lab, client):
    with moving(lab, client, "daemon-b") as path:
        lab.script("stop-libvirtd", "B", "KILL")
        wait_until(lambda: client.GetInstance(path)["Phase"] != 4, what="the call's end")
        assert lab.state("A", "daemon-b") == "running"
        assert client.GetInstance(path)["JobState"] != 7
        lab.script("start-libvirtd", "B")
        expect_on_a(lab, "daemon-b", cim.ended(client, path, deadline=120))


def test_libvirtd_killed_at_the_source(lab, client):
    with moving(lab, client, "daemon-a") as path:
        lab.script("stop-libvirtd", "A", "KILL")
        wait_until(lambda: client.GetInstance(path)["Phase"] != 4, what="the call's end")
        lab.script("start-libvirtd", "A")
        expect_on_a(lab, "daemon-a", cim.ended(client, path, deadline=120))


def test_link_cut_and_restored(lab, client):
    with moving(lab, client, "cut") as path:
        lab.script("link", "B", "down")
        wait_until(lambda: client.GetInstance(path)["Phase"] != 4, what="the call's end")
        assert lab.state("A", "cut") == "running"
        lab.script("link", "B", "up")
        expect_on_a(lab, "cut", cim.ended(client, path, deadline=120))


def test_source_host_lost_and_back(lab, client):
    """The guest runs nowhere; the host that returns does not start it by itself while its job is open."""
    with moving(lab, client, "lost", autostart=True) as path:
        assert not lab.autostarts("A", "lost"), "dropped for the time of the move"
        lab.script("kill-host", "A")
        undecided = wait_until(
            lambda: (lambda job: job if job["JobState"] == 11 else None)(client.GetInstance(path)), deadline=60,
            what="undecided")
        assert any("not known" in text for text in undecided["Knowledge"]), undecided.tomof()
        assert lab.state("B", "lost") in (None, "shut off")
        lab.script("start-host", "A")
        job = cim.ended(client, path, deadline=120)
        assert job["JobState"] == 10 and "stopped" in job["JobStatus"], job.tomof()
        assert lab.state("A", "lost") == "shut off" and lab.state("B", "lost") is None
        assert lab.autostarts("A", "lost"), "as it was before"


def test_destination_host_lost_and_back(lab, client):
    with moving(lab, client, "lost-b") as path:
        lab.script("kill-host", "B")
        wait_until(lambda: client.GetInstance(path)["Phase"] != 4, deadline=90, what="the call's end")
        assert lab.state("A", "lost-b") == "running"
        lab.script("start-host", "B")
        expect_on_a(lab, "lost-b", cim.ended(client, path, deadline=120))


# The daemon itself


def test_a_move_that_runs_on_is_taken_up_again_and_can_be_stopped(lab):
    with running(lab_config(lab, migration=QUICK)) as daemon:
        client = cim.connection(daemon)
        with moving(lab, client, "again") as path:
            daemon.stop(9)
            daemon.start()
            client = cim.connection(daemon)
            wait_until(lambda: "proved to be this job's" in story(client, path), what="taken up again")
            assert client.GetInstance(path)["Phase"] == 4 and lab.is_moving("again")
            assert daemon.command("cancel", path["InstanceID"].split(":")[1]).returncode == 0
            job = cim.ended(client, path)
            assert job["JobState"] == 8, job.tomof()
            assert lab.state("A", "again") == "running" and lab.state("B", "again") is None
            lab.lives("A", "again")


def test_somebody_elses_move_is_only_watched(lab):
    with running(lab_config(lab, migration=QUICK)) as daemon:
        client = cim.connection(daemon)
        with moving(lab, client, "theirs") as path:
            daemon.stop(9)
            lab.virsh("A", "domjobabort", "theirs")
            wait_until(lambda: not lab.is_moving("theirs") and lab.state("B", "theirs") is None, what="our move's end")
            # An admin moves it by hand: the source's mark goes along, and is not the copy's of our job.
            other = lab.background_virsh(
                "A", "migrate", "--live", "--p2p", "--persistent", "--undefinesource", "--unsafe", "--bandwidth", "8",
                "theirs", lab.uri("B", "tcp"))
            wait_until(lambda: lab.is_moving("theirs"), what="the other move")
            daemon.start()
            client = cim.connection(daemon)
            wait_until(lambda: client.GetInstance(path)["Knowledge"], what="both hosts read")
            assert client.GetInstance(path)["Phase"] == 5, story(client, path)
            refused = daemon.command("cancel", path["InstanceID"].split(":")[1])
            assert refused.returncode == 4 and lab.is_moving("theirs")
            lab.let_it_end("theirs")
            assert other.wait(60) == 0
            assert cim.ended(client, path)["JobState"] == 7
            assert lab.state("B", "theirs") == "running" and lab.state("A", "theirs") is None


# One crash for each phase, by the effects that the daemon itself lists.
PHASES = ["reply:after-commit", "gather-facts:after-commit", "mark:after-commit", "mark:after-effect",
          "set-starts-with-host:after-effect", "transfer:before-commit", "transfer:after-commit", "transfer:after-effect",
          "read-evidence:after-commit", "set-starts-with-host:after-commit:2", "set-starts-with-host:after-effect:2"]


COPY_PHASES = ["create-volume:before-commit", "create-volume:after-commit", "create-volume:after-effect",
               "transfer:after-commit", "transfer:after-effect", "read-evidence:after-commit"]


@pytest.mark.parametrize(("kind", "point"), [(kind, point) for kind in ("live", "offline") for point in PHASES]
                         + [("copy", point) for point in COPY_PHASES])
def test_the_daemon_killed_in_every_phase(lab, kind, point):
    name = f"{kind}-{point}".replace(":", "-")
    with running(lab_config(lab, migration=QUICK), start=False) as daemon:
        try:
            if kind == "copy":
                lab.define_private("A", name)
            else:
                lab.define("A", name, start=kind == "live")
            lab.virsh("A", "autostart", name)
            if kind != "offline":
                lab.lives("A", name)
            crash(daemon, point, name, kind)
            daemon.start()
            client = cim.connection(daemon)
            jobs = client.EnumerateInstanceNames("KVM_MigrationJob")
            for path in jobs:
                cim.ended(client, path, deadline=90)
            expect_one_whole_guest(lab, client, jobs, name, kind)
        finally:
            lab.remove(name)
            for host in "AB":
                lab.private(host, name).unlink(missing_ok=True)


OPTIONS = {"live": [], "offline": ["--offline"], "copy": ["--copy-storage"]}


def crash(daemon, point, name, kind):
    """Asks for the move and waits until the daemon has died at the point."""
    daemon.start(environment={"MIGRATIOND_CRASH_AT": point})
    daemon.command("migrate", name, "b", "--no-wait", *OPTIONS[kind])
    assert daemon.process.wait(60) == -9
    daemon.process = None


def expect_one_whole_guest(lab, client, jobs, name, kind):
    states = {host: lab.state(host, name) for host in "AB"}
    assert sorted(state is None for state in states.values()) == [False, True], states
    (host, state), = [(host, state) for host, state in states.items() if state]
    assert state == ("shut off" if kind == "offline" else "running")
    assert lab.is_persistent(host, name) and lab.autostarts(host, name)
    if kind != "offline":
        lab.lives(host, name)
    if kind == "copy":
        assert lab.private("B", name).exists() == (host == "B"), "nothing is left of a copy that failed"
    for path in jobs:
        job = client.GetInstance(path)
        assert (job["JobState"] == 7) == (host == "B"), job.tomof()


# Disks that are copied


def test_a_disk_of_the_hosts_own_is_copied_while_the_guest_runs(lab, client):
    lab.define_private("A", "copied")
    try:
        lab.lives("A", "copied")
        path = cim.migrate(client, "copied", "b", StorageCopy=3)
        job = cim.ended(client, path)
        assert job["JobState"] == 7, job.tomof()
        assert lab.state("B", "copied") == "running" and lab.state("A", "copied") is None
        lab.lives("B", "copied")
        assert job["UnsafeDisksAllowed"] is False
        assert lab.private("A", "copied").exists(), "the source's copy is removed only when somebody asks"
        assert lab.private("B", "copied").stat().st_size == lab.private("A", "copied").stat().st_size
    finally:
        lab.remove("copied")
        for host in "AB":
            lab.private(host, "copied").unlink(missing_ok=True)


def test_a_file_that_is_there_is_not_overwritten(lab, client):
    lab.define_private("A", "precious")
    lab.private("B", "precious").write_bytes(b"somebody else's" + bytes((1 << 20) - 15))
    try:
        job = cim.ended(client, cim.migrate(client, "precious", "b", StorageCopy=3))
        assert job["JobState"] == 10 and "not overwritten" in job["ErrorDescription"], job.tomof()
        assert lab.private("B", "precious").read_bytes().startswith(b"somebody else's")
        assert lab.state("A", "precious") == "running"
    finally:
        lab.remove("precious")
        for host in "AB":
            lab.private(host, "precious").unlink(missing_ok=True)


# Ownership


def test_the_mark_goes_with_the_guest(lab, client, guest):
    lab.virsh("A", "autostart", guest)
    path = cim.migrate(client, guest, "b")
    assert cim.ended(client, path)["JobState"] == 7
    mark = lab.mark("B", guest)
    assert mark["job"] == path["InstanceID"].split(":")[1] and int(mark["generation"]) == 2
    assert "urn:migrationd:ownership:1" in lab.virsh("B", "dumpxml", "--inactive", guest).stdout
    assert lab.autostarts("B", guest)


def test_two_daemons_do_not_fight_over_a_guest(lab, client, guest):
    path = cim.migrate(client, guest, "b")
    assert cim.ended(client, path)["JobState"] == 7
    with running(lab_config(lab, migration=QUICK)) as other:
        theirs = cim.connection(other)
        verdict, findings = cim.check(theirs, guest, "a")
        assert verdict == 4 and findings["ownership"]["Severity"] == 4
        assert cim.ended(theirs, cim.migrate(theirs, guest, "a"))["JobState"] == 10
        assert lab.state("B", guest) == "running" and lab.state("A", guest) is None
        assert guest in other.command("status", check=0).stdout
        owner = lab.mark("B", guest)["owner"]
        assert owner in other.command("status", check=0).stdout
        other.command("recover", "--adopt", owner, check=0)
        assert cim.ended(theirs, cim.migrate(theirs, guest, "a"))["JobState"] == 7
        assert lab.mark("A", guest)["owner"] != owner


# What a guest's firmware remembers


@pytest.fixture
def firmware_guest(lab):
    """A guest with UEFI variables and an emulated TPM, both in files of its host."""
    name = "firmware"
    lab.define("A", name, start=False)
    lab.virsh("A", "undefine", name)
    text = (lab.directory / f"{name}.xml").read_text()
    text = text.replace("<memory unit='MiB'>64<", "<memory unit='MiB'>128<").replace(
        "hvm</type>", "hvm</type><loader readonly='yes' type='pflash'>/usr/share/OVMF/OVMF_CODE_4M.fd</loader>"
        "<nvram template='/usr/share/OVMF/OVMF_VARS_4M.fd'/>").replace(
        "</devices>", "<tpm model='tpm-crb'><backend type='emulator' version='2.0' persistent_state='yes'/></tpm>"
        "</devices>")
    (lab.directory / f"{name}.xml").write_text(text)
    lab.virsh("A", "define", str(lab.directory / f"{name}.xml"))
    yield name
    for host in "AB":
        lab.virsh(host, "destroy", name, check=False)
        lab.virsh(host, "undefine", "--nvram", name, check=False)


def firmware(lab, host, name):
    """The guest's variables and its TPM's state on a host; `None` where there is no such file."""
    library = lab.directory / f"host{host}" / "lib"
    variables = library / "qemu" / "nvram" / f"{name}_VARS.fd"
    states = list((library / "swtpm").glob("*/tpm2/tpm2-00.permall"))
    return (variables.read_bytes() if variables.exists() else None, states[0].read_bytes() if states else None)


def test_firmware_variables_and_tpm_state_go_with_the_guest(lab, client, firmware_guest):
    lab.virsh("A", "start", firmware_guest)
    wait_until(lambda: None not in firmware(lab, "A", firmware_guest), what="the state at the source")
    job = cim.ended(client, cim.migrate(client, firmware_guest, "b"))
    assert job["JobState"] == 7, job.tomof()
    assert lab.state("B", firmware_guest) == "running" and lab.state("A", firmware_guest) is None
    there, here = firmware(lab, "B", firmware_guest), firmware(lab, "A", firmware_guest)
    assert None not in there
    assert here[0] is not None, "nothing deletes the variables, which the guest may have open elsewhere"
    assert len(there[1]) == len(here[1]) > 0, "the TPM's state arrived"


def test_a_definition_alone_does_not_leave_its_firmware_state_behind(lab, client, firmware_guest):
    wait_until(lambda: any(path["Name"] == firmware_guest for path in client.EnumerateInstanceNames("KVM_ComputerSystem")),
               what="the guest in sight")
    verdict, findings = cim.check(client, firmware_guest, "b", MigrationType=1)
    assert verdict == 4 and findings["firmware-state"]["Severity"] == 4
    assert cim.ended(client, cim.migrate(client, firmware_guest, "b", MigrationType=1))["JobState"] == 10
    assert lab.state("A", firmware_guest) == "shut off" and lab.state("B", firmware_guest) is None


def test_what_excludes_a_second_runner_is_read_from_the_hosts(lab, client, guest):
    _, findings = cim.check(client, guest, "b")
    assert "lock manager of a: none, of b: none" in findings["exclusion"]["Seen"]
