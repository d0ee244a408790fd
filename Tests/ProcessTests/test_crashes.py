"""The daemon dies by SIGKILL at every point of a move at which it can die, and the next one knows what to do.

The hosts are a process of their own, which outlives the daemon. The points are the daemon's own list.
"""

import contextlib
import re
import signal
import subprocess

import pytest

from Support import cim, fake_hosts
from Support.daemon import BINARY, wait_until
from Support.process import DEADLINE

WORLD = """
storage:
  - {pool: shared, path: /srv/shared, hosts: [alpha, beta, gamma]}
  - {pool: own, path: /srv/own, hosts: [alpha]}
  - {pool: own, path: /srv/own, hosts: [beta]}
hosts:
  - name: alpha
    uuid: a1fa0000-0000-4000-8000-000000000001
    guests:
      - name: live
        uuid: 10000000-0000-4000-8000-000000000001
        startsWithHost: true
        dirtyMiBPerSecond: 40
        disks:
          - {target: vda, path: /srv/shared/live.qcow2}
      - name: cold
        uuid: 10000000-0000-4000-8000-000000000002
        state: shutOff
        startsWithHost: true
        disks:
          - {target: vda, path: /srv/shared/cold.qcow2}
      - name: local
        uuid: 10000000-0000-4000-8000-000000000003
        startsWithHost: true
        disks:
          - {target: vda, path: /srv/own/local.qcow2, sizeMiB: 100}
  - {name: beta, uuid: be7a0000-0000-4000-8000-000000000002}
  - {name: gamma, uuid: 9a33a000-0000-4000-8000-000000000003}
"""
HASTY = "verifyRetrySeconds: 1"
VARIABLE = "MIGRATIOND_CRASH_AT"
COMPLETED, TRANSFERRING = 7, 4
STATE = {"live": "running", "cold": "shutOff", "local": "running"}
OPTIONS = {"live": [], "cold": ["--offline"], "local": ["--copy-storage"]}

# Which kinds of effect a move of one of our guests comes by, and how often at least.
MOVE = {"reply": 1, "locate-guest": 1, "gather-facts": 1, "mark": 1, "set-starts-with-host": 2, "transfer": 1,
        "read-evidence": 1}
# With the guest on its way for longer than half a second.
LONG_MOVE = {"sample-progress": 1}
# When the source's daemon dies after the guest has arrived, before the source knows.
UNHEARD_ARRIVAL = {"live": {"destroy": 1, "undefine": 1}, "cold": {"undefine": 1}}
# When the move is cancelled on its way.
CANCELLED = {"abort-transfer": 1}
# When the guest's disk is copied; and when its copy at the destination dies then.
COPIED = {"create-volume": 1, "transfer": 1, "read-evidence": 1}
COPY_FAILED = {"delete-volume": 1}
# What no move of these leads to, and why.
NOT_REACHED = {
    "run-external-checks": "no external checks are configured",
    "cancel-run": "it ends external checks",
    "make-persistent": "the fake hypervisor, like libvirt, does not forget the definition of a guest that it moves",
    "resume": "only after an admin resolved the job",
    "read-evidence-to-resolve": "only when an admin resolves the job",
    "read-logs": "only after the hypervisor failed, for people to read",
    "read-host": "the daemon looks at its hosts, move or not",
    "read-hosts": "only when an admin has the journal relied on again",
    "watch-host": "the daemon looks at its hosts, move or not",
    "unwatch-host": "only when the configuration is read again",
    "adopt-configuration": "only when the configuration is read again",
    "dismiss-callers": "only when the daemon is asked to stop",
    "wake": "a timer, of the daemon alone",
}


def listed():
    """The daemon's own list: moments by kind, and the kinds that change a host."""
    text = subprocess.run([str(BINARY), "crash-points"], capture_output=True, text=True, timeout=60, check=True).stdout
    moments, changing = {}, set()
    for line in text.splitlines():
        point, _, note = line.partition(" ")
        kind, moment = point.split(":")
        moments.setdefault(kind, []).append(moment)
        if note == "changes-host":
            changing.add(kind)
    return moments, changing


MOMENTS, CHANGING = listed()


def points(kinds):
    return [f"{kind}:{moment}:{count}" for kind, times in kinds.items() for moment in MOMENTS[kind]
            for count in range(1, times + 1)]


def test_every_kind_of_effect_is_tried_or_excused():
    tried = {**MOVE, **LONG_MOVE, **UNHEARD_ARRIVAL["live"], **CANCELLED, **COPIED, **COPY_FAILED}
    assert set(tried) | set(NOT_REACHED) == set(MOMENTS)
    assert not set(tried) & set(NOT_REACHED)
    assert CHANGING - set(tried) == {"make-persistent", "resume"}


@pytest.fixture
def hosts():
    with fake_hosts.standing(WORLD) as standing:
        yield standing


@pytest.mark.parametrize("guest", STATE)
@pytest.mark.parametrize("point", points(MOVE))
def test_a_move_survives(hosts, guest, point):
    with crashing(hosts, guest, point) as daemon:
        request(daemon, guest)


@pytest.mark.parametrize("point", points(LONG_MOVE))
def test_a_long_move_survives(hosts, point):
    hosts.command("clock-speed", speed=1)
    with crashing(hosts, "live", point) as daemon:
        request(daemon, "live")


@pytest.mark.parametrize("guest, point", [(guest, point) for guest, kinds in UNHEARD_ARRIVAL.items()
                                          for point in points(kinds)])
def test_a_move_whose_arrival_the_source_did_not_hear_of_survives(hosts, guest, point):
    hosts.command("clock-hold")
    with crashing(hosts, guest, point) as daemon:
        request(daemon, guest)
        kill_source_daemon_on_arrival(hosts, guest)


@pytest.mark.parametrize("point", points(CANCELLED))
def test_a_cancelled_move_survives(hosts, point):
    hosts.command("guest-dirty", host="alpha", guest="live", miBPerSecond=100_000)
    with crashing(hosts, "live", point) as daemon:
        request(daemon, "live")
        wait_until(lambda: jobs(daemon)[0]["Phase"] == TRANSFERRING, what="the transfer")
        # Whoever asks may hear no answer.
        daemon.command("cancel", daemon.promised)


@pytest.mark.parametrize("point", points(COPIED))
def test_a_move_with_a_copied_disk_survives(hosts, point):
    with crashing(hosts, "local", point) as daemon:
        request(daemon, "local")


@pytest.mark.parametrize("point", points(COPY_FAILED))
def test_a_copy_that_fails_leaves_no_volume(hosts, point):
    hosts.command("clock-hold")
    with crashing(hosts, "local", point) as daemon:
        request(daemon, "local")
        wait_until(lambda: "beta" in hosts.copies("local"), what="the copy that arrives")
        hosts.command("guest-crash", host="beta", guest="local")
        calm(hosts)
    assert list(hosts.copies("local")) == ["alpha"]


# Means


@contextlib.contextmanager
def crashing(hosts, guest, point):
    """A daemon that kills itself at `point`, where the body leads it, and its successor: all must end well."""
    daemon = hosts.daemon(migration_extra=HASTY).start(environment={VARIABLE: point})
    daemon.promised = None
    yield daemon
    assert daemon.ended_within(DEADLINE), f"it did not come by {point}:\n{daemon.log()}"
    assert daemon.stop() == -signal.SIGKILL, daemon.log()
    calm(hosts)
    daemon.start()
    wait_until(lambda: all(job["JobState"] in cim.ENDED for job in jobs(daemon)), 60, "the end of every job")
    expect_one_whole_guest(hosts, guest, daemon)


def request(daemon, guest):
    """Asks for the guest's move to beta. The daemon may die before it answers; once it has, the job is promised."""
    done = daemon.command("migrate", guest, "beta", "--no-wait", *OPTIONS[guest])
    answer = re.match(r"job (\S+): ", done.stdout)
    daemon.promised = answer and answer.group(1)


def jobs(daemon):
    return cim.connection(daemon).EnumerateInstances("KVM_MigrationJob")


def kill_source_daemon_on_arrival(hosts, guest):
    """The world's time passes in steps so small that the moment is not missed; then it goes on as usual."""
    for _ in range(1000):
        hosts.command("clock-advance", seconds=0.01)
        arrived = hosts.copies(guest).get("beta")
        if arrived and arrived["state"] == STATE[guest]:
            break
    assert arrived and "alpha" in hosts.copies(guest), "it did not arrive, or the source has heard of it"
    hosts.command("daemon-down", host="alpha")
    calm(hosts)


def calm(hosts):
    """A daemon that was killed is started again, time passes, and a guest writes no faster than it can be moved."""
    if not next(host for host in hosts.dump()["hosts"] if host["name"] == "alpha")["daemon"]:
        hosts.command("daemon-up", host="alpha")
    hosts.command("clock-release")
    hosts.command("clock-speed", speed=50)
    for host in hosts.copies("live"):
        hosts.command("guest-dirty", host=host, guest="live", miBPerSecond=0)


def expect_one_whole_guest(hosts, guest, daemon):
    world = hosts.dump()
    story = "\n".join(line for job in jobs(daemon) for line in job["Timeline"])
    for kept in ("violations", "migrations", "offlineMoves", "calls"):
        assert world[kept] == [], f"{kept}: {world[kept]}\n{story}"
    copies = hosts.copies(guest)
    assert len(copies) == 1, f"{copies}\n{story}"
    [(host, copy)] = copies.items()
    assert copy["state"] == STATE[guest] and copy["job"] is None and not copy["undecided"], f"{copy}\n{story}"
    assert copy["persistent"] and copy["startsWithHost"], f"{copy}\n{story}"
    if guest == "local":
        [there] = [pool for pool in world["storage"] if pool["pool"] == "own" and pool["hosts"] == ["beta"]]
        assert bool(there["volumes"]) == (host == "beta"), f"{there}\n{story}"
    found = jobs(daemon)
    assert len(found) <= 1
    if daemon.promised:
        assert [job["InstanceID"] for job in found] == [f"migrationd:{daemon.promised}"]
    assert host == ("beta" if found and found[0]["JobState"] == COMPLETED else "alpha"), story
