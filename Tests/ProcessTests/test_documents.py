"""Every sample in README and docs is run: shell blocks by bash, Python blocks by Python, configurations by the daemon."""

import contextlib
import os
import pathlib
import re
import subprocess
import sys

import pytest

from Support.bridge import on_loopback
from Support.daemon import BINARY, ROOT, running

DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)


# A page whose Python blocks are one program.
WALK = ROOT / "docs" / "walk.md"


def blocks(*languages):
    found = []
    for document in DOCUMENTS:
        if document == WALK and languages == ("python",):
            continue
        for number, match in enumerate(BLOCK.finditer(document.read_text())):
            # `make run` and `make test` are what runs this test, and the next one.
            if match.group(1) in languages and not match.group(2).startswith("make "):
                found.append(pytest.param(match.group(2), id=f"{document.name}-{number}"))
    return found


@pytest.fixture
def environment(daemon, tmp_path):
    return {**os.environ, "PATH": f"{BINARY.parent}:{pathlib.Path(sys.executable).parent}:{os.environ['PATH']}", "SOCKET": daemon.socket_path,
            "WORLD": daemon.world_path, "CHECKS": str(tmp_path), "PYTHONPATH": str(ROOT / "docs" / "examples")}


@pytest.mark.parametrize("text", blocks("sh"))
def test_a_shell_sample_runs(text, environment):
    with contextlib.ExitStack() as stack:
        if "$PORT" in text:
            environment["PORT"] = str(stack.enter_context(on_loopback(environment["SOCKET"])))
        run_shell_sample(text, environment)


def run_shell_sample(text, environment):
    done = subprocess.run(["bash", "-eu", "-c", text], cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.strip(), "it printed nothing"
    assert "<ERROR" not in done.stdout


def test_the_walk_is_one_program(environment):
    program = "".join(match.group(2) for match in BLOCK.finditer(WALK.read_text()) if match.group(1) == "python")
    test_a_python_sample_runs(program, environment)


@pytest.mark.parametrize("text", blocks("python"))
def test_a_python_sample_runs(text, environment):
    program = f"SOCKET = {environment['SOCKET']!r}\n{text}"
    done = subprocess.run([sys.executable, "-c", program], env=environment, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("text", blocks("yaml"))
def test_a_configuration_sample_is_accepted(text, tmp_path):
    file = tmp_path / "migrationd.yaml"
    file.write_text(text)
    done = subprocess.run([str(BINARY), "config", "check", "--config", str(file)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_the_commented_configuration_is_complete(tmp_path):
    text = (ROOT / "config" / "migrationd.yaml").read_text()
    file = tmp_path / "migrationd.yaml"
    file.write_text(text if re.search(r"^hosts:", text, re.MULTILINE) else text + "\nhosts:\n  - name: a\n    uri: qemu:///system\n")
    done = subprocess.run([str(BINARY), "config", "check", "--config", str(file)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


def test_the_demonstration_shows_refusal_migration_and_status():
    done = subprocess.run([str(ROOT / "Tests" / "Demo" / "run.sh")], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr
    for words in ["REFUSED", "to do:", "completed, 100 %", "beta", "Nothing is left running"]:
        assert words in done.stdout, done.stdout


def test_every_link_leads_somewhere():
    for document in DOCUMENTS:
        for target in re.findall(r"\]\(([^)#:]+)\)", document.read_text()):
            assert (document.parent / target).exists(), f"{document.name} points to {target}"
    assert len((ROOT / "README.md").read_text().splitlines()) <= 100


def test_no_source_file_is_left_open():
    done = subprocess.run(["git", "grep", "-nE", r"\b(TODO|FIXME|XXX)\b", "--", "Sources", "schema"], cwd=ROOT,
                          capture_output=True, text=True)
    assert done.stdout == ""
