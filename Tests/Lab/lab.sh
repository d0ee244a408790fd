#!/bin/bash
# lab.sh - two real libvirt and QEMU hosts, A and B, on one machine, each in namespaces of its own.
#
#   lab.sh up                         start both hosts, a network between them, storage pools, one defined guest
#   lab.sh down                       end everything and remove every trace; does no harm when there is none
#   lab.sh status                     what runs where
#   lab.sh env                        the lab as shell variables (MIGRATIOND_LAB_...), for eval and the tests
#   lab.sh exec A|B COMMAND...        run a command inside a host
#   lab.sh virsh A|B ARGUMENTS...     virsh connected to a host
#   lab.sh uri A|B [unix|tcp]         connection URI: unix for this machine (default), tcp for the other host
#   lab.sh disk PATH SIZE [--pages N] [--limit-mib N] [--heartbeat-ticks N] [--never-sleep] [--no-disk-writes]
#                     [--format raw|qcow2]        make a disk that boots the guest of boot.S
#   lab.sh guest NAME DISK [--uuid UUID] [--memory-mib N] [--type qemu|kvm] [--format F] [--cache C] [--cpu XML]
#                                     print a domain definition that boots DISK
#   lab.sh stop-libvirtd A|B [SIGNAL] TERM by default, KILL for a crash; guests go on running
#   lab.sh start-libvirtd A|B
#   lab.sh kill-host A|B              power loss: every process of the host dies at once
#   lab.sh start-host A|B             power on again; what was defined persistently is still there
#   lab.sh link A|B up|down           the host's network cable
#
# LAB_DIR     everything the lab writes lies here (default: $TMPDIR/migrationd-lab)
# LAB_PREFIX  of the names of bridge, cables, hosts and guest, at most 11 letters and digits (default: mdlab)
# LAB_NET     the first three numbers of the lab's /24 (default: 10.98.0); .1 is A, .2 is B, .254 this machine
# Labs with different directories, prefixes and networks live side by side. `down` needs only LAB_DIR.
#
# Below LAB_DIR: shared/ is the same for both hosts; private/ is a directory of each host's own under the same
# path (from outside: hostA/private, hostB/private); hostA/log/qemu/NAME.serial is what the guest NAME printed.
#
# Exit status 77: this machine cannot run a lab, and standard error says why. Needs root.
set -eu

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
lab=${LAB_DIR:-${TMPDIR:-/tmp}/migrationd-lab}
prefix=${LAB_PREFIX:-mdlab}
net=${LAB_NET:-10.98.0}
marker=$lab/lab.conf

say() { echo "lab: $*" >&2; }
die() { say "$*"; exit 1; }
cannot_run() { say "cannot run here: $*"; exit 77; }

# --- The lab's names ---------------------------------------------------------------------------------------

# An existing lab's own settings win over the environment.
load_settings() {
    [ -f "$marker" ] || return 0
    prefix=$(sed -n 's/^prefix=//p' "$marker")
    net=$(sed -n 's/^net=//p' "$marker")
}
bridge() { echo "${prefix}br"; }
cable() { echo "$prefix$1"; }
host_name() { echo "$prefix-${1,,}"; }
host_directory() { echo "$lab/host$1"; }
address() { case $1 in A) echo "$net.1";; B) echo "$net.2";; esac; }
hardware_address() { case $1 in A) echo 02:00:00:00:00:0a;; B) echo 02:00:00:00:00:0b;; esac; }
host_uuid() {
    case $1 in
    A) echo aaaaaaaa-0000-4000-8000-00000000000a;;
    B) echo bbbbbbbb-0000-4000-8000-00000000000b;;
    esac
}
uri() {
    case ${2:-unix} in
    unix) echo "qemu+unix:///system?socket=$(host_directory "$1")/run/libvirt-sock";;
    tcp) echo "qemu+tcp://$(address "$1")/system";;
    *) die "unknown transport '$2': say unix or tcp";;
    esac
}
virsh_on() { local host=$1; shift; virsh -q -c "$(uri "$host")" "$@"; }
require_host() { case ${1:-} in A|B) ;; *) die "which host? say A or B";; esac; }

# shellcheck source-path=SCRIPTDIR
. "$here/requirements.sh"
. "$here/host.sh"
. "$here/guest.sh"

# --- Commands ----------------------------------------------------------------------------------------------

up() {
    check_settings
    check_machine
    if [ -e "$lab" ] && [ ! -f "$marker" ] && [ -n "$(ls -A "$lab")" ]; then
        die "LAB_DIR '$lab' holds something that is not a lab: choose another"
    fi
    mkdir -p "$lab"
    printf 'prefix=%s\nnet=%s\n' "$prefix" "$net" >"$marker"
    mkdir -p "$lab"/{shared,private}
    # Half a lab is of no use: a failure below ends in `down`.
    trap 'end_of_up $?' EXIT
    start_bridge
    local host
    for host in A B; do
        start_host "$host"
        define_pool "$host" shared "$lab/shared"
        define_pool "$host" private "$lab/private"
    done
    define_tiny_guest
    say "up after $SECONDS s; A: $(uri A)  B: $(uri B)"
}

end_of_up() {
    trap - EXIT
    if [ "$1" -ne 0 ]; then
        say "up failed; taking everything down"
        down
    fi
    exit "$1"
}

down() {
    if [ ! -e "$lab" ]; then say "down (there was nothing)"; return 0; fi
    [ -f "$marker" ] || die "LAB_DIR '$lab' is not a lab: it is left as it is"
    kill_host A
    kill_host B
    remove_device "$(bridge)"
    rm -rf --one-file-system "$lab"
    say "down"
}

status() {
    local host
    for host in A B; do
        if ! host_init "$host" >/dev/null; then echo "host $host: down"; continue; fi
        if ! libvirtd_of "$host" >/dev/null; then echo "host $host: up, libvirtd down"; continue; fi
        echo "host $host: up, $(virsh_on "$host" hostname), $(virsh_on "$host" version --daemon | tail -n 1)"
        virsh_on "$host" list --all
    done
}

print_environment() {
    local host
    for host in A B; do
        echo "export MIGRATIOND_LAB_URI_$host='$(uri "$host")'"
        echo "export MIGRATIOND_LAB_PEER_$host='$(uri "$host" tcp)'"
    done
    echo "export MIGRATIOND_LAB_DIR='$lab'"
}

usage() { sed -n '2,/^set -eu/{/^#/s/^# \{0,1\}//p}' "${BASH_SOURCE[0]}" >&2; exit 2; }

load_settings
command=${1:-}
[ $# -eq 0 ] || shift
case $command in
up) up;;
down) down;;
status) status;;
env) print_environment;;
exec) require_host "${1:-}"; in_host "$@";;
virsh) require_host "${1:-}"; virsh_on "$@";;
uri) require_host "${1:-}"; uri "$@";;
disk) make_disk "$@";;
guest) print_guest "$@";;
stop-libvirtd) require_host "${1:-}"; stop_libvirtd "$@";;
start-libvirtd) require_host "${1:-}"; start_libvirtd "$1";;
kill-host) require_host "${1:-}"; kill_host "$1";;
start-host) require_host "${1:-}"; start_host "$1";;
link) require_host "${1:-}"; ip link set "$(cable "$1")" "${2:?up or down}";;
*) usage;;
esac
