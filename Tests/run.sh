#!/usr/bin/env bash
# Runs what `make test` has built: Tests/run.sh [RUN]..., by default all four.
#
#   unit        the Swift tests, in parallel
#   processes   real clients against the real daemon on the fake hypervisor
#   lab         the daemon on two real hosts (Tests/Lab/lab.sh); needs root
#   contract    the two hypervisors, the real one on the lab's hosts, against one suite; needs root
#
# Each run has a deadline, after which its processes are killed. One line per run tells how it went, the last line
# counts them all. As root, a lab that cannot be had is a failure, unless MIGRATIOND_SKIP_LAB=1 says to go without.
set -euo pipefail
cd "$(dirname "$(readlink -f "$0")")/.."

declare -A deadline_seconds=([unit]=1200 [processes]=900 [lab]=1200 [contract]=1200)
results=$(mktemp -d)
total_passed=0
total_failed=0
lines=()
current=
lab_is_up=

# --- One run -----------------------------------------------------------------------------------------------

# A run is a session of its own: whatever it leaves behind is in it, and goes.
end_session() {
    [ -n "$current" ] || return 0
    pkill -KILL --session "$current" || true
    current=
}

finish() {
    local status=$?
    trap - EXIT
    end_session
    [ -z "$lab_is_up" ] || lab_down
    rm -rf "$results"
    exit "$status"
}
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# watch SECONDS COMMAND... - its exit status; 124 or 137 when it was killed for being late.
watch() {
    local seconds=$1 status=0
    shift
    # In the background setsid is no group leader, so that it starts the session itself, under its own number.
    setsid timeout --signal=TERM --kill-after=20 "$seconds" "$@" </dev/null &
    current=$!
    wait "$current" || status=$?
    end_session
    return "$status"
}

# report RUN STATUS RESULT_FILE... - a run that fails without a failed test has still failed.
report() {
    local run=$1 status=$2 passed failed skipped note='' counted failure
    shift 2
    mapfile -t counted < <(python3 Tests/count_results.py "$@")
    read -r passed failed skipped <<<"${counted[0]}"
    case $status in
    0) [ $((passed + failed)) -gt 0 ] || note=', no test ran' ;;
    124 | 137) note=", killed after ${deadline_seconds[$run]} s" ;;
    *) [ "$failed" -gt 0 ] || note=", ended with status $status" ;;
    esac
    [ -z "$note" ] || failed=$((failed + 1))
    [ "$skipped" -eq 0 ] || note+=", $skipped skipped"
    total_passed=$((total_passed + passed))
    total_failed=$((total_failed + failed))
    say "$run: $passed passed, $failed failed$note"
    for failure in "${counted[@]:1}"; do say "  FAILED: $failure"; done
}

say() {
    lines+=("$*")
    printf '%s\n' "$*"
}

# --- The runs ----------------------------------------------------------------------------------------------

run_unit() {
    local status=0 hypervisors=0
    # libvirt's event loop is one for its whole process: the hypervisors have a process of their own.
    # Swift Testing writes its results beside the file it is given, under a name of its own.
    watch "${deadline_seconds[unit]}" swift test --skip-build --parallel --skip HypervisorContractTests \
        --xunit-output "$results/unit.xml" || status=$?
    watch "${deadline_seconds[unit]}" swift test --skip-build --parallel --filter HypervisorContractTests \
        --xunit-output "$results/hypervisors.xml" || hypervisors=$?
    [ "$status" -ne 0 ] || status=$hypervisors
    report unit "$status" "$results/unit-swift-testing.xml" "$results/hypervisors-swift-testing.xml"
}

python_tests() {
    local run=$1 directory=$2 status=0
    watch "${deadline_seconds[$run]}" .venv/bin/python -m pytest --junitxml="$results/$run.xml" "$directory" || status=$?
    report "$run" "$status" "$results/$run.xml"
}

run_processes() { python_tests processes Tests/ProcessTests; }

run_lab() {
    lab_up lab || return 0
    python_tests lab Tests/LabTests
    lab_down
}

run_contract() {
    local status=0 log=$results/contract.log
    lab_up contract || return 0
    watch "${deadline_seconds[contract]}" Tests/Lab/run-contract.sh >"$log" 2>&1 || status=$?
    cat "$log"
    report contract "$status" "$log"
    lab_down
}

# --- The lab -----------------------------------------------------------------------------------------------

lab_down() {
    lab_is_up=
    timeout --kill-after=10 120 Tests/Lab/lab.sh down || echo "lab.sh down: exit status $?" >&2
}

# lab_up RUN - brings a fresh lab up for a run, or reports why there is none.
lab_up() {
    local run=$1 status=0
    if [ "${MIGRATIOND_SKIP_LAB:-}" = 1 ]; then
        say "$run: NOT RUN: MIGRATIOND_SKIP_LAB=1. NOTHING HERE HAS BEEN TRIED ON A REAL HYPERVISOR."
        return 1
    fi
    if [ "$(id -u)" != 0 ]; then
        say "$run: not run: two real hosts on one machine need root: sudo env PATH=\"\$PATH\" make test"
        return 1
    fi
    watch 180 Tests/Lab/lab.sh up || status=$?
    case $status in
    0) lab_is_up=1 ;;
    77)
        say "$run: FAILED: this machine cannot run the lab (see above); MIGRATIOND_SKIP_LAB=1 goes without"
        total_failed=$((total_failed + 1))
        return 1
        ;;
    *)
        say "$run: FAILED: lab.sh up ended with status $status"
        total_failed=$((total_failed + 1))
        return 1
        ;;
    esac
}

# -----------------------------------------------------------------------------------------------------------

[ $# -gt 0 ] || set -- unit processes lab contract
for run; do
    [ -n "${deadline_seconds[$run]:-}" ] || {
        echo "no run '$run'; there are: unit, processes, lab, contract" >&2
        exit 2
    }
done
for run; do
    printf '\n== %s\n' "$run"
    "run_$run"
done
printf '\n'
printf '%s\n' "${lines[@]}"
printf '%d passed, %d failed\n' "$total_passed" "$total_failed"
[ "$total_failed" -eq 0 ]
