#!/usr/bin/env bash
# Reads the shell scripts and the systemd unit with the programs that know them, and says what it could not do.
set -euo pipefail
cd "$(dirname "$0")/.."

mapfile -t scripts < <(git ls-files --cached --others --exclude-standard '*.sh' .ci/run)
if command -v shellcheck >/dev/null; then
    shellcheck "${scripts[@]}"
else
    echo "shellcheck is not installed: ${#scripts[@]} shell scripts were only parsed" >&2
    for script in "${scripts[@]}"; do bash -n "$script"; done
fi

status=0
Tests/verify-unit.sh || status=$?
case $status in
0) ;;
77) echo "systemd-analyze is not installed: systemd/migrationd.service was not read" >&2 ;;
*) exit "$status" ;;
esac
