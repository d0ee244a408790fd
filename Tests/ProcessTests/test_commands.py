"""The command line: what it prints, and how it ends."""

import json
import os
import pty
import re
import subprocess

import pytest

from Support import cim
from Support.daemon import BINARY, fake_config, running


def test_status_shows_everything(shared_daemon):
    text = shared_daemon.command("status", check=0).stdout
    for word in ["hypervisor fake", "external checks: off", "alpha", "beta", "gamma", "web", "running", "No job is running"]:
        assert word in text, text
    report = json.loads(shared_daemon.command("status", "--json", check=0).stdout)
    assert {host["name"] for host in report["hosts"]} == {"alpha", "beta", "gamma"}
    assert report["daemon"]["hypervisor"] == "fake"


def test_check_passes_and_refuses_with_reasons(shared_daemon):
    assert "migratable" in shared_daemon.command("check", "web", "beta", check=0).stdout
    refused = shared_daemon.command("check", "local", "beta", check=1).stdout
    assert "REFUSED" in refused and "to do:" in refused and "not migratable" in refused
    report = json.loads(shared_daemon.command("check", "local", "beta", "--json", check=1).stdout)
    assert report["isMigratable"] is False
    assert any(finding["severity"] == "refusal" for finding in report["findings"])


def test_migrate_shows_lines_where_there_is_no_terminal(daemon):
    text = daemon.command("migrate", "web", "beta", check=0).stdout
    assert re.search(r"transferring, \d+ %", text) and "completed, 100 %" in text
    jobs = daemon.command("jobs", check=0).stdout
    assert "completed" in jobs and "web" in jobs
    number = json.loads(daemon.command("jobs", "--json", check=0).stdout)[0]["id"]
    details = daemon.command("job", number[:8], check=0).stdout
    assert "the same by hand: virsh -c" in details and "proved to be on beta" in details
    assert "VIR_MIGRATE_UNSAFE" in details


def test_migrate_draws_a_bar_on_a_terminal(daemon):
    controller, terminal = pty.openpty()
    process = subprocess.Popen([str(BINARY), "migrate", "web", "beta", "--socket", daemon.socket_path], stdout=terminal,
                               stderr=terminal, stdin=subprocess.DEVNULL, start_new_session=True)
    os.close(terminal)
    drawn = b""
    while True:
        try:
            part = os.read(controller, 4096)
        except OSError:
            break
        if not part:
            break
        drawn += part
    os.close(controller)
    assert process.wait(60) == 0
    assert b"\r" in drawn and b"#" in drawn and b"completed" in drawn


def test_a_refused_migration_ends_with_1_and_says_why(daemon):
    done = daemon.command("migrate", "local", "beta", check=1)
    assert "REFUSED" in done.stdout and "was not migrated" in done.stderr


def test_a_migration_is_cancelled(daemon):
    text = daemon.command("migrate", "db", "beta", "--no-wait", check=0).stdout
    number = re.search(r"job (\S+):", text).group(1)
    client = cim.connection(daemon)
    cim.wait_until(lambda: daemon.command("job", number, check=0).stdout.count("transferring"), what="the transfer")
    daemon.command("cancel", number, check=0)
    cim.wait_until(lambda: "cancelled" in daemon.command("job", number, check=0).stdout, what="the end")
    assert cim.where(client, "db") == "alpha"
    assert "cannot be stopped" in daemon.command("cancel", number, check=4).stderr


@pytest.mark.parametrize("arguments, status, words", [
    (["check", "nobody", "beta"], 4, "No such domain: nobody"),
    (["check", "web", "delta"], 4, "No such host: delta"),
    (["migrate", "nobody", "beta"], 4, "No such domain: nobody"),
    (["job", "12345678"], 4, "no such job"),
    (["resolve", "12345678", "--keep", "source"], 4, "no such job"),
    (["resolve", "12345678", "--keep", "both"], 64, "--keep"),
    (["recover", "--fenced", "delta"], 4, "No such host: delta"),
    (["cancel", "12345678"], 4, "no such job"),
    (["check", "web"], 64, "Missing expected argument"),
    (["dance"], 64, "Usage: migrationd"),
])
def test_what_cannot_be_done_ends_with_its_status(shared_daemon, arguments, status, words):
    done = shared_daemon.command(*arguments, check=status)
    assert words in done.stderr, done.stderr


def test_without_a_daemon_the_status_is_3(tmp_path):
    done = subprocess.run([str(BINARY), "status", "--socket", str(tmp_path / "nothing.sock")], capture_output=True,
                          text=True, timeout=60)
    assert done.returncode == 3 and "nothing.sock" in done.stderr


def test_config_check_says_where_each_value_comes_from():
    with running(fake_config(limits="runningMigrations: 3"), start=False) as daemon:
        done = subprocess.run([str(BINARY), "config", "check", "--config", str(daemon.config_path)], capture_output=True,
                              text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        lines = {line.split()[0]: line for line in done.stdout.splitlines()}
        assert re.search(r"\b3\b.*migrationd\.yaml:\d+", lines["limits.runningMigrations"])
        assert "default" in lines["checks.externalTimeoutSeconds"]


def test_help_and_version():
    for arguments in (["--help"], ["help", "migrate"], ["--version"], ["migrate", "--help"]):
        done = subprocess.run([str(BINARY), *arguments], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0 and done.stdout.strip()
