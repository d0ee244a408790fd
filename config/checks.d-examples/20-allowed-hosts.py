#!/usr/bin/env python3
"""Refuses a migration to a host the client does not allow.

The client allows hosts, by name or by pattern, with parameters:

    allowed-host=node7.example.org
    allowed-host=*.rack2.example.org

Without such a parameter every host is allowed. Other parameters are for other checks.
"""
import fnmatch
import os
import sys
from urllib.parse import urlsplit

KEY = "allowed-host="


def main(guest, source, parameters=None):
    if parameters is None:
        return 0
    with open(parameters, encoding="utf-8", newline="\n") as lines:
        allowed = [line.strip()[len(KEY):] for line in lines if line.startswith(KEY)]
    if not allowed:
        return 0
    # Present in every run; if it is missing, the exception ends this check, and that is a refusal.
    destination = os.environ["MIGRATIOND_DESTINATION_URI"]
    host = urlsplit(destination).hostname or "this host"
    if any(fnmatch.fnmatchcase(host, pattern.lower()) for pattern in allowed):
        return 0
    print(f"{guest} may not move to {host}: allowed are {', '.join(allowed)}")
    return 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
