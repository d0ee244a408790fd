"""Prints how many tests passed, failed and were skipped, as result files tell; then a line for each failure.

Usage: count_results.py FILE...

A file is what pytest or Swift Testing wrote as JUnit XML, or, when its name ends in `.log`, what Swift Testing printed.
A file that is not there, or ends in the middle, counts nothing: whoever calls knows how the run ended.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree

MAXIMUM_FAILURES = 20
MAXIMUM_LINE = 500


def read_junit(path):
    passed = skipped = 0
    failures = []
    try:
        root = ElementTree.parse(path).getroot()
    except ElementTree.ParseError:
        return 0, 0, []
    for case in root.iter("testcase"):
        problems = case.findall("failure") + case.findall("error")
        if problems:
            reasons = "; ".join(problem.get("message") or "" for problem in problems)
            failures.append(f"{case.get('classname')} {case.get('name')}: {reasons}")
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return passed, skipped, failures


def read_output(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        output = file.read()
    run = sum(int(number) for number in re.findall(r"Test run with (\d+) tests?\b", output))
    failed = re.findall(r"^✘ Test (?!run with|case )(.*?) (?:with .* )?failed after ", output, re.MULTILINE)
    issues = re.findall(r"^✘ Test (?!run with|case )(.*?) recorded an issue(.*)$", output, re.MULTILINE)
    failures = [f"{name}:" + ";".join(text for test, text in issues if test == name) for name in failed]
    return run - len(failed), 0, failures


def read(path):
    try:
        return read_output(path) if path.endswith(".log") else read_junit(path)
    except FileNotFoundError:
        return 0, 0, []


if __name__ == "__main__":
    results = [read(path) for path in sys.argv[1:]]
    failures = [failure for _, _, some in results for failure in some]
    print(sum(result[0] for result in results), len(failures), sum(result[1] for result in results))
    for failure in failures[:MAXIMUM_FAILURES]:
        print(" ".join(failure.split())[:MAXIMUM_LINE])
    if len(failures) > MAXIMUM_FAILURES:
        print(f"and {len(failures) - MAXIMUM_FAILURES} more")
