"""Hosts that outlive their daemons, and that several daemons share."""

import signal

import pytest

from Support import cim, fake_hosts
from Support.daemon import ROOT, wait_until

WORLD = (ROOT / "config" / "fake-hosts.yaml").read_text()
COMPLETED, TRANSFERRING = 7, 4


@pytest.fixture
def hosts():
    with fake_hosts.standing(WORLD, speed=20) as standing:
        yield standing


def test_a_world_ends_when_it_is_told_to(hosts):
    assert hosts.stop(signal.SIGTERM) == 0
    assert "stopped" in hosts.log()


def test_a_move_goes_on_while_the_daemon_is_away_and_is_taken_up_again(hosts):
    daemon = hosts.daemon(migration_extra="verifyRetrySeconds: 1").start()
    path = cim.migrate(cim.connection(daemon), "db", "beta")
    in_phase(daemon, path, TRANSFERRING)
    assert daemon.stop(signal.SIGTERM) == 0
    assert "runs on at alpha" in daemon.log()
    [moving] = hosts.dump()["migrations"]
    assert moving["guest"] == "db" and moving["phase"] == "copying"

    daemon.start()
    daemon.wait_for_log("proved to be this job's")
    job = in_phase(daemon, path, TRANSFERRING)
    assert any("taken up again" in line for line in job["Timeline"])
    hosts.command("guest-dirty", host="alpha", guest="db", miBPerSecond=0)
    job = cim.ended(cim.connection(daemon), path)
    assert job["JobState"] == COMPLETED, "\n".join(job["Timeline"])
    assert list(hosts.copies("db")) == ["beta"] and hosts.dump()["violations"] == []


def test_a_daemon_whose_hosts_are_gone_says_so_and_finds_them_again(hosts):
    daemon = hosts.daemon(hypervisor="refreshSeconds: 1").start()
    wait_until(lambda: daemon.command("status").stdout.count(" up ") == 3, what="three hosts")
    hosts.stop(signal.SIGKILL)
    wait_until(lambda: daemon.command("status").stdout.count("no contact") >= 3, what="the loss of three hosts")
    assert "Failed to connect socket" in daemon.command("check", "web", "beta", check=4).stderr
    hosts.start()
    wait_until(lambda: daemon.command("status").stdout.count(" up ") == 3, what="three hosts again")
    daemon.command("migrate", "web", "beta", check=0)


def test_a_daemon_respects_the_marks_of_another_on_the_same_hosts_until_it_adopts_them(hosts):
    first, second = hosts.daemon().start(), hosts.daemon().start()
    first.command("migrate", "web", "beta", check=0)
    uuid = hosts.copies("web")["beta"]["mark"]["owner"]

    refused = second.command("check", "web", "alpha", check=1).stdout
    assert "REFUSED" in refused and "ownership" in refused and uuid in refused
    shown = wait_until(lambda: (lambda text: text if uuid in text else None)(second.command("status").stdout),
                       what="the foreign guest")
    assert "web" in shown and "recover --adopt" in shown
    assert second.command("migrate", "web", "alpha").returncode == 1
    assert list(hosts.copies("web")) == ["beta"]

    second.command("recover", "--adopt", uuid, check=0)
    second.command("migrate", "web", "alpha", check=0)
    mark = hosts.copies("web")["alpha"]["mark"]
    assert mark["owner"] != uuid and int(mark["generation"]) > 1
    assert hosts.dump()["violations"] == []


def in_phase(daemon, path, phase):
    client = cim.connection(daemon)
    return wait_until(lambda: (lambda job: job if job["Phase"] == phase else None)(client.GetInstance(path)),
                      what=f"phase {phase}")
