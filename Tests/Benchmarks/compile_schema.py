"""The DMTF schema, compiled by `migrationd schema check` and by pywbem's compiler. MIGRATIOND_DMTF_SCHEMA names the directory
that it was extracted to."""

import os
import pathlib
import subprocess
import sys
import time

from result import Result

BOUND = 20
NAME = "DMTF schema, compilations"
PEER = """
import sys, pywbem
compiler = pywbem.MOFCompiler(pywbem.MOFWBEMConnection(), search_paths=[sys.argv[2]], log_func=None)
compiler.compile_file(sys.argv[1], "root/cimv2")
"""


def run(release):
    directory = os.environ.get("MIGRATIOND_DMTF_SCHEMA")
    if not directory:
        return [missed("MIGRATIOND_DMTF_SCHEMA names no directory")]
    entries = sorted(pathlib.Path(directory).glob("cim_schema_*.mof"))
    if not entries:
        return [missed(f"no cim_schema_*.mof in {directory}")]
    # Asked for the help of a command that it does not have, it shows its own.
    help_text = subprocess.run([release / "migrationd", "schema", "check", "--help"], capture_output=True, text=True)
    if "schema check" not in help_text.stdout:
        return [missed("this migrationd has no command `schema check`")]
    ours = min(seconds([release / "migrationd", "schema", "check", entries[0]]) for _ in range(3))
    theirs = seconds([sys.executable, "-c", PEER, entries[0], directory])
    return [Result(NAME, 1 / ours, 1 / theirs, "/s", ">=", BOUND)]


def missed(reason):
    return Result(NAME, None, None, "/s", ">=", BOUND, reason)


def seconds(command):
    begin = time.monotonic()
    done = subprocess.run([str(part) for part in command], capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return time.monotonic() - begin
