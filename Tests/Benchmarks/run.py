"""`make bench`: what the daemon does in a given time, as a ratio to a peer measured in the same run.

Prints one table and exits with 1 when a bound is missed. Nothing here is part of `make test`: how fast a machine is says
nothing of whether the program is right.
"""

import os
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
RELEASE = ROOT / ".build-release" / "release"
os.environ["MIGRATIOND_BINARY"] = str(RELEASE / "migrationd")
sys.path.insert(0, str(ROOT / "Tests"))
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

import compile_schema  # noqa: E402
import enumerate_many  # noqa: E402
import get_instance  # noqa: E402
import start  # noqa: E402

BENCHMARKS = {
    "get-instance": get_instance.run,
    "enumerate": enumerate_many.run,
    "start": start.run,
    "schema": compile_schema.run,
}
HEADINGS = ("benchmark", "ours", "peer", "ratio", "bound", "")


def main(names):
    unknown = [name for name in names if name not in BENCHMARKS]
    if unknown:
        sys.exit(f"no such benchmark: {', '.join(unknown)}; there are {', '.join(BENCHMARKS)}")
    results = []
    for name in names or BENCHMARKS:
        print(f"{name} ...", file=sys.stderr, flush=True)
        results += BENCHMARKS[name](RELEASE)
    rows = [HEADINGS] + [result.row() for result in results]
    widths = [max(len(row[column]) for row in rows) for column in range(len(HEADINGS))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())
    return 1 if any(result.verdict == "FAIL" for result in results) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
