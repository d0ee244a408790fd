#!/usr/bin/env bash
# Lets systemd read the unit file and say what is wrong with it. The daemon need not be installed: a copy of the unit
# names a program that exists. Exit status 77: systemd-analyze is not here.
set -euo pipefail

unit=$(dirname "$(readlink -f "$0")")/../systemd/migrationd.service
command -v systemd-analyze >/dev/null || exit 77
directory=$(mktemp -d)
trap 'rm -rf "$directory"' EXIT
sed 's|^ExecStart=[^ ]*|ExecStart=/bin/true|' "$unit" >"$directory/migrationd.service"
# What is wrong with other units of this machine is not the question.
complaints=$(systemd-analyze verify --man=no --recursive-errors=no "$directory/migrationd.service" 2>&1) || {
    printf '%s\n' "$complaints" >&2
    exit 1
}
if [ -n "$complaints" ]; then
    printf '%s\n' "$complaints" >&2
    exit 1
fi
