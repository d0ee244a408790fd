#!/bin/bash
# run-contract.sh - the contract suite of hypervisors against libvirt and QEMU: on the lab that stands at LAB_DIR, or
# on one of its own that it brings up and takes down again. The tests must have been built
# (swift build --build-tests). Exit status 77: no lab can run here.
set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
cd "$here/../.."

# Not grep -q: it would end before `status` has said all, and pipefail would take that for a lab that is down.
if ! Tests/Lab/lab.sh status 2>/dev/null | grep '^host A: up' >/dev/null; then
    trap 'Tests/Lab/lab.sh down' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM
    Tests/Lab/lab.sh up
fi
eval "$(Tests/Lab/lab.sh env)"
# One after the other: the hosts are shared, and some tests take one of them down.
swift test --skip-build --no-parallel --filter 'HypervisorContractTests'
