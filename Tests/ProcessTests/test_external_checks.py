"""Document 003's contract, and every way a check program can misbehave: each refuses with its own reason, within
its deadline, and leaves no process behind."""

import contextlib
import os
import pathlib
import shutil
import subprocess
import tempfile
import time

import pytest
import pywbem

from Support import cim
from Support.daemon import BINARY, fake_config, running


@contextlib.contextmanager
def checks_directory(mode=0o755):
    """A directory of check programs that passes the verification: root's, as every parent is."""
    path = pathlib.Path(tempfile.mkdtemp(prefix="migrationd-checks-", dir="/var/lib"))
    path.chmod(mode)
    try:
        yield path
    finally:
        shutil.rmtree(path)


@contextlib.contextmanager
def daemon_with(programs, timeout=3, overall=30):
    """A daemon whose external checks are `programs`: name to text."""
    with checks_directory() as directory:
        for name, text in programs.items():
            put(directory, name, text)
        settings = f"externalDirectory: {directory}\nexternalTimeoutSeconds: {timeout}\noverallTimeoutSeconds: {overall}"
        with running(fake_config(checks=settings)) as daemon:
            yield daemon, cim.connection(daemon), directory


def put(directory, name, text, mode=0o755):
    path = directory / name
    path.write_text(text)
    path.chmod(mode)
    return path


def processes_with(marker):
    """The processes whose command line or environment holds `marker`."""
    found = []
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit() or int(entry.name) == os.getpid():
            continue
        with contextlib.suppress(OSError):
            if marker.encode() in (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes():
                found.append(entry.name)
    return found


OLD_SCRIPT = """#!/bin/sh
# As written for libvirt-cim: guest name, connection URI, parameter file.
printf '%s\\n' "$#" "$1" "$2" > {out}
[ -n "$3" ] && cat "$3" >> {out}
exit 0
"""


def test_a_script_written_for_libvirt_cim_runs_unchanged():
    with checks_directory() as other:
        out = other / "seen"
        with daemon_with({"50-old": OLD_SCRIPT.format(out=out)}) as (daemon, client, _):
            verdict, findings = cim.check(client, "web", "beta", CheckParameters=["limit=3", "with spaces"])
            assert findings["external:50-old"]["Severity"] == 2 and verdict in (2, 3)
            assert out.read_text() == "3\nweb\nfake+tcp://alpha/system\nlimit=3\nwith spaces\n"
            cim.check(client, "web", "beta")
            assert out.read_text() == "2\nweb\nfake+tcp://alpha/system\n"  # no third argument at all
            assert list((daemon.state_directory / "checks").iterdir()) == []  # the parameter file is removed


def test_a_check_that_says_no_refuses_the_check_and_the_migration():
    with daemon_with({"50-quota": "#!/bin/sh\necho quota is full >&2\nexit 3\n"}) as (daemon, client, _):
        verdict, findings = cim.check(client, "web", "beta")
        found = findings["external:50-quota"]
        assert (verdict, found["Severity"]) == (4, 4)
        assert found["Message"] == "Migration check `50-quota' failed"
        assert "exit code 3" in found["Seen"] and "quota is full" in found["Seen"]
        job = cim.ended(client, cim.migrate(client, "web", "beta"))
        assert job["JobState"] == 10 and "50-quota" in job["ErrorDescription"]
        assert cim.where(client, "web") == "alpha"


def test_a_migration_runs_the_checks_again_and_tells_them_its_job():
    with checks_directory() as other:
        out = other / "seen"
        script = f'#!/bin/sh\necho "$MIGRATIOND_JOB_ID|$MIGRATIOND_DESTINATION_URI|$MIGRATIOND_MIGRATION_TYPE" >> {out}\n'
        with daemon_with({"50-tell": script}) as (daemon, client, _):
            cim.check(client, "web", "beta")
            path = cim.migrate(client, "web", "beta")
            assert cim.ended(client, path)["JobState"] == 7
            lines = out.read_text().splitlines()
            assert lines[0] == "|fake+tcp://beta/system|live"
            assert lines[1] == path["InstanceID"].split(":")[1] + "|fake+tcp://beta/system|live"


MISBEHAVIOURS = {
    "kills-itself": ("#!/bin/sh\nkill -SEGV $$\n", "signal 11"),
    "hangs": ("#!/bin/sh\n# {marker}\nexec sleep 600\n", "not finished"),
    "ignores-term": ("#!/bin/sh\n# {marker}\ntrap '' TERM\nwhile :; do sleep 1; done\n", "not finished"),
    "no-interpreter": ("#!/nonexistent/interpreter\n", "could not be started"),
}


@pytest.mark.parametrize("name", MISBEHAVIOURS)
def test_a_check_that_misbehaves_refuses_with_its_own_reason(name):
    marker = f"marker-{name}-{os.getpid()}"
    text, reason = MISBEHAVIOURS[name]
    with daemon_with({name: text.replace("{marker}", marker)}, timeout=2) as (daemon, client, directory):
        begin = time.monotonic()
        verdict, findings = cim.check(client, "web", "beta", CheckParameters=[marker])
        assert time.monotonic() - begin < 10
        assert verdict not in (2, 3)
        assert reason in findings[f"external:{name}"]["Seen"], findings[f"external:{name}"]["Seen"]
        assert processes_with(f"{directory}/{name}") == []


def test_a_child_that_holds_the_output_delays_nobody_and_is_ended():
    marker = f"holder-{os.getpid()}"
    script = f"#!/bin/sh\nMARK={marker} sleep 600 &\nexit 0\n"
    with daemon_with({"50-holder": script}, timeout=20) as (daemon, client, _):
        begin = time.monotonic()
        verdict, findings = cim.check(client, "web", "beta")
        assert time.monotonic() - begin < 10
        assert verdict in (2, 3) and "1 processes it left behind were ended" in findings["external:50-holder"]["Seen"]
        assert processes_with(marker) == []


def test_a_check_that_daemonises_leaves_nothing():
    marker = f"daemoniser-{os.getpid()}"
    script = f"#!/bin/sh\nMARK={marker} setsid sh -c 'setsid sleep 600 & exit 0' >/dev/null 2>&1 </dev/null &\nwait\nexit 0\n"
    with daemon_with({"50-daemon": script}) as (daemon, client, _):
        cim.check(client, "web", "beta")
        assert processes_with(marker) == []


def test_a_gibibyte_of_output_is_read_and_not_kept():
    with daemon_with({"50-loud": "#!/bin/sh\nhead -c 1073741824 /dev/zero\nexit 1\n"}, timeout=25) as (daemon, client, _):
        verdict, findings = cim.check(client, "web", "beta")
        assert verdict == 4 and len(findings["external:50-loud"]["Seen"]) < 10_000
        status = pathlib.Path(f"/proc/{daemon.process.pid}/status").read_text()
        resident = int(next(line for line in status.splitlines() if line.startswith("VmRSS")).split()[1])
        assert resident < 300_000, f"{resident} KiB"


def test_a_program_that_others_may_write_is_not_run():
    with checks_directory() as other:
        ran = other / "ran"
        with daemon_with({"50-open": f"#!/bin/sh\ntouch {ran}\n"}) as (daemon, client, directory):
            (directory / "50-open").chmod(0o777)
            verdict, findings = cim.check(client, "web", "beta")
            assert verdict not in (2, 3) and "not run" in findings["external:50-open"]["Seen"]
            assert not ran.exists()


def test_back_ups_and_hidden_files_are_no_checks():
    with daemon_with({"50-ok": "#!/bin/sh\nexit 0\n", "50-ok~": "#!/bin/sh\nexit 1\n", ".50-x": "#!/bin/sh\nexit 1\n",
                      "50-ok.rpmsave": "#!/bin/sh\nexit 1\n"}) as (daemon, client, _):
        verdict, findings = cim.check(client, "web", "beta")
        assert verdict in (2, 3)
        assert [name for name in findings if name.startswith("external:")] == ["external:50-ok"]


def test_a_directory_that_goes_away_refuses():
    with daemon_with({}) as (daemon, client, directory):
        assert cim.check(client, "web", "beta")[0] in (2, 3)
        directory.rename(f"{directory}.gone")
        try:
            verdict, findings = cim.check(client, "web", "beta")
            assert verdict not in (2, 3)
            assert findings["external-checks"]["Message"] == "Unable to execute migration checks."
        finally:
            pathlib.Path(f"{directory}.gone").rename(directory)


def test_a_value_with_a_newline_injects_no_parameter():
    with daemon_with({"50-ok": "#!/bin/sh\nexit 0\n"}) as (daemon, client, _):
        with pytest.raises(pywbem.CIMError) as caught:
            cim.check(client, "web", "beta", CheckParameters=["fine", "a\nb"])
        assert caught.value.status_code == 4 and "CheckParameters[1]" in caught.value.status_description


def test_many_checks_of_which_some_hang_answer_within_the_overall_deadline():
    programs = {f"{number:02}-{'hang' if number % 5 == 0 else 'ok'}":
                "#!/bin/sh\nexec sleep 600\n" if number % 5 == 0 else "#!/bin/sh\nexit 0\n" for number in range(50)}
    with daemon_with(programs, timeout=3, overall=6) as (daemon, client, directory):
        begin = time.monotonic()
        verdict, findings = cim.check(client, "web", "beta")
        assert time.monotonic() - begin < 15
        names = [name for name in findings if name.startswith("external:")]
        assert verdict not in (2, 3) and len(names) == 50
        assert names == sorted(names)
        assert processes_with(str(directory)) == []


def test_cancelling_a_job_ends_its_checks():
    with daemon_with({"50-hang": "#!/bin/sh\nexec sleep 600\n"}, timeout=60, overall=60) as (daemon, client, directory):
        path = cim.migrate(client, "web", "beta")
        cim.wait_until(lambda: processes_with(f"{directory}/50-hang") or processes_with("sleep\x00600"), what="the check")
        client.InvokeMethod("KillJob", path, DeleteOnKill=False)
        assert cim.ended(client, path, deadline=15)["JobState"] == 8
        assert processes_with(str(directory)) == []


def test_the_daemons_death_ends_its_checks():
    marker = f"orphan-{os.getpid()}"
    with daemon_with({"50-hang": f"#!/bin/sh\nMARK={marker} exec sleep 600\n"}, timeout=60, overall=60) as (daemon, client, _):
        cim.migrate(client, "web", "beta")
        cim.wait_until(lambda: processes_with(marker), what="the check")
        daemon.stop(9)
        cim.wait_until(lambda: not processes_with(marker), what="the end of the check")


def test_sigterm_waits_for_no_check():
    with daemon_with({"50-hang": "#!/bin/sh\nexec sleep 600\n"}, timeout=60, overall=60) as (daemon, client, directory):
        asked = subprocess.Popen([str(BINARY), "check", "web", "beta", "--socket", daemon.socket_path],
                                 stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        cim.wait_until(lambda: processes_with("sleep\x00600"), what="the check")
        begin = time.monotonic()
        assert daemon.stop() == 0
        assert time.monotonic() - begin < 15
        _, complaint = asked.communicate(timeout=20)
        assert asked.returncode == 4 and "stopping" in complaint
        assert processes_with(str(directory)) == []
