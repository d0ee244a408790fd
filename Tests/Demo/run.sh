#!/bin/bash
# The main job on the embedded default: the daemon on the fake hypervisor is asked whether guests can be migrated,
# refuses one with reasons, migrates another, and says how things are. Takes a few seconds; leaves nothing running.
set -euo pipefail

root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
migrationd=${MIGRATIOND_BINARY:-$root/.build/debug/migrationd}
work=$(mktemp -d /var/tmp/migrationd-demo-XXXXXX)
socket=$work/run/migrationd.sock
log=$work/daemon.log
daemon=

stop() {
    if [ -n "$daemon" ]; then
        kill "$daemon" 2>/dev/null || true
        wait "$daemon" || true
    fi
    rm -rf "$work"
}
trap stop EXIT

step() { printf '\n\033[1m$ migrationd %s\033[0m\n' "$*"; }
run() {
    step "$*"
    local status=0
    "$migrationd" "$@" --socket "$socket" || status=$?
    echo "(exit status $status)"
    return $status
}
# A command whose answer is meant to be no.
refused() {
    local status=0
    run "$@" || status=$?
    [ "$status" -eq 1 ] || { echo "demo: expected exit status 1, got $status" >&2; exit 1; }
}

mkdir -m 700 "$work/run"
sed -e "s|socketPath:.*|socketPath: $socket|" -e "s|stateDirectory:.*|stateDirectory: $work/state|" \
    -e "s|schemaDirectory:.*|schemaDirectory: $root/schema|" -e "s|fakeWorld:.*|fakeWorld: $root/config/fake-hosts.yaml|" \
    -e "s|fakeControlSocket:.*|fakeControlSocket: $work/run/world.sock|" "$root/config/demo.yaml" >"$work/migrationd.yaml"

step "serve --config demo.yaml   (three hosts in memory: no libvirt is touched)"
"$migrationd" serve --config "$work/migrationd.yaml" 2>"$log" &
daemon=$!
if ! timeout 30 bash -c "tail -n +1 -F --pid=$daemon '$log' 2>/dev/null | grep -q -m1 ready"; then
    echo "demo: the daemon did not start:" >&2
    cat "$log" >&2
    exit 1
fi

run status
refused check local beta
refused check web gamma
run check web beta
run migrate web beta
refused migrate local beta
run status
run jobs --history
kill -TERM "$daemon"
wait "$daemon"
daemon=
printf '\nThe daemon ended on SIGTERM with exit status 0. Nothing is left running.\n'
