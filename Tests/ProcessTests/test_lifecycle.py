"""Start, stop and sudden death."""

import os
import signal
import socket
import subprocess

import pytest

from Support import cim
from Support.daemon import BINARY, ROOT, fake_config, running


def transferring(client, path):
    cim.wait_until(lambda: client.GetInstance(path)["Phase"] == 4, what="the transfer")


def test_sigterm_ends_an_idle_daemon_cleanly(daemon):
    assert daemon.stop(signal.SIGTERM) == 0
    assert not os.path.exists(daemon.socket_path)


def test_sigterm_during_a_migration_ends_cleanly_and_the_guest_is_on_one_host(daemon, client):
    path = cim.migrate(client, "db", "beta")
    transferring(client, path)
    world = daemon.world(command="dump")
    assert daemon.stop(signal.SIGTERM) == 0
    assert "runs on at alpha" in daemon.log()
    assert sum('"db"' in str(host).replace("'", '"') for host in world.get("hosts", [])) <= 2


def test_a_daemon_killed_in_mid_migration_says_at_restart_what_it_knows(daemon, client):
    path = cim.migrate(client, "db", "beta")
    transferring(client, path)
    daemon.stop(signal.SIGKILL)
    # The fake's world is gone with the process and starts anew: the guest is on alpha again, and nowhere else.
    daemon.start()
    client = cim.connection(daemon)
    job = cim.ended(client, path)
    assert job["JobState"] == 10
    story = "\n".join(job["Timeline"])
    assert "restarted (phase was transferring)" in story and "proved to be on alpha" in story
    assert "alpha" in job["ErrorDescription"]


def test_a_queued_job_survives_a_restart():
    with running(fake_config(limits="runningMigrations: 1")) as daemon:
        client = cim.connection(daemon)
        first = cim.migrate(client, "db", "beta")
        transferring(client, first)
        second = cim.migrate(client, "web", "beta")
        assert client.GetInstance(second)["Phase"] == 2
        daemon.stop(signal.SIGKILL)
        daemon.start()
        client = cim.connection(daemon)
        assert cim.ended(client, second)["JobState"] == 7


def test_a_job_whose_hosts_do_not_answer_after_a_restart_is_undecided_and_touches_nothing():
    world = (ROOT / "config" / "fake-hosts.yaml").read_text()
    with running(fake_config(migration_extra="verifyDeadlineSeconds: 2\nverifyRetrySeconds: 1"), start=False) as daemon:
        daemon.start()
        client = cim.connection(daemon)
        path = cim.migrate(client, "db", "beta")
        transferring(client, path)
        daemon.stop(signal.SIGKILL)
        down = daemon.directory / "world.yaml"
        down.write_text(with_beta_silent(world))
        text = daemon.config_path.read_text().replace(str(ROOT / "config" / "fake-hosts.yaml"), str(down))
        daemon.config_path.write_text(text)
        daemon.start()
        client = cim.connection(daemon)
        job = cim.wait_until(
            lambda: (lambda found: found if found["Phase"] == 9 else None)(client.GetInstance(path)), what="undecided")
        assert job["JobState"] == 11
        assert any("on beta: not known" in line for line in job["Knowledge"])
        shown = daemon.command("job", path["InstanceID"].split(":")[1], check=0).stdout
        assert "undecided" in shown and "known: on alpha" in shown
        assert "undecided" in daemon.command("status", check=0).stdout


def with_beta_silent(world):
    lines = []
    for line in world.splitlines():
        lines.append(line)
        if line.strip() == "- name: beta":
            lines.append(line[:line.index("-")] + "  condition: unreachable")
    return "\n".join(lines) + "\n"


def test_a_second_daemon_on_the_same_socket_refuses_to_start(daemon):
    second = subprocess.run([str(BINARY), "serve", "--config", str(daemon.config_path)], capture_output=True, text=True,
                            timeout=60)
    assert second.returncode == 1
    assert "journal" in second.stderr or "another" in second.stderr.lower()
    assert daemon.process.poll() is None


def test_a_stale_socket_is_replaced():
    with running(start=False) as daemon:
        daemon.run_directory.mkdir(mode=0o700)
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as stale:
            stale.bind(daemon.socket_path)
        daemon.start()
        assert daemon.command("status").returncode == 0


def test_a_socket_directory_that_others_may_enter_is_refused():
    with running(start=False) as daemon:
        daemon.run_directory.mkdir(mode=0o755)
        daemon.run_directory.chmod(0o755)
        process = subprocess.run([str(BINARY), "serve", "--config", str(daemon.config_path)], capture_output=True, text=True,
                                 timeout=60)
        assert process.returncode == 1 and "chmod 700" in process.stderr


def serve(config_text):
    with running(lambda daemon: config_text(fake_config()(daemon)), start=False) as daemon:
        return subprocess.run([str(BINARY), "serve", "--config", str(daemon.config_path)], capture_output=True, text=True,
                              timeout=60)


@pytest.mark.parametrize("change, words", [
    (lambda text: text + "nonsense: 1\n", ["unknown key", "nonsense"]),
    (lambda text: text.replace("driver: fake", "driver: 7"), ["driver"]),
    (lambda text: text + "limits:\n  runningMigrations: 0\n", ["runningMigrations"]),
    (lambda text: text + "checks:\n  externalDirectory: /nonexistent/checks\n", ["externalDirectory", "/nonexistent/checks"]),
    (lambda text: text + "checks:\n  externalTimeoutSeconds: soon\n", ["externalTimeoutSeconds"]),
], ids=["unknown-key", "wrong-type", "out-of-range", "missing-directory", "no-number"])
def test_a_wrong_configuration_is_refused_with_key_and_line(change, words):
    done = serve(change)
    assert done.returncode == 78
    assert all(word in done.stderr for word in words), done.stderr
    assert "migrationd.yaml:" in done.stderr


def test_a_schema_with_a_mistake_is_refused_with_file_line_column_and_caret(tmp_path):
    for file in (ROOT / "schema").glob("*.mof"):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    broken = tmp_path / "vendor.mof"
    broken.write_text(broken.read_text() + "\nclass Migrationd_Broken : CIM_Nothing {\n  uint33 Count;\n};\n")
    done = serve(lambda text: text.replace(f"{ROOT}/schema", str(tmp_path)))
    assert done.returncode == 1
    assert "vendor.mof:" in done.stderr and "^" in done.stderr
    assert "uint33" in done.stderr


def test_the_unit_file_is_right():
    done = subprocess.run([str(ROOT / "Tests" / "verify-unit.sh")], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr
