"""Prints how many tests passed, failed and were skipped, as result files tell.

Usage: count_results.py FILE...

A file is what pytest or Swift Testing wrote as JUnit XML, or, when its name ends in `.log`, what Swift Testing printed.
A file that is not there, or ends in the middle, counts nothing: whoever calls knows how the run ended.
"""

import re
import sys
import xml.etree.ElementTree as ElementTree


def count_junit(path):
    passed = failed = skipped = 0
    try:
        root = ElementTree.parse(path).getroot()
    except ElementTree.ParseError:
        return 0, 0, 0
    for case in root.iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            failed += 1
        elif case.find("skipped") is not None:
            skipped += 1
        else:
            passed += 1
    return passed, failed, skipped


def count_output(path):
    with open(path, encoding="utf-8", errors="replace") as file:
        output = file.read()
    run = sum(int(number) for number in re.findall(r"Test run with (\d+) tests?\b", output))
    failed = len(re.findall(r"^✘ Test (?!run with|case ).* failed after ", output, re.MULTILINE))
    return run - failed, failed, 0


def count(path):
    try:
        return count_output(path) if path.endswith(".log") else count_junit(path)
    except FileNotFoundError:
        return 0, 0, 0


if __name__ == "__main__":
    print(*(sum(column) for column in zip((0, 0, 0), *map(count, sys.argv[1:]))))
