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

# --- Whether a lab can run here ----------------------------------------------------------------------------

check_settings() {
    [[ $prefix =~ ^[a-z][a-z0-9]{0,10}$ ]] || die "LAB_PREFIX '$prefix' is not 1 to 11 lower-case letters and digits"
    [[ $net =~ ^[0-9]{1,3}\.[0-9]{1,3}\.[0-9]{1,3}$ ]] || die "LAB_NET '$net' is not three numbers, such as 10.98.0"
    case $lab in
    /run/*|/var/run/*|/var/lib/*|/var/cache/*|/var/log/*|/proc/*|/sys/*)
        die "LAB_DIR '$lab' lies where the hosts have directories of their own: choose another, such as /tmp/lab";;
    /*) ;;
    *) die "LAB_DIR '$lab' is not an absolute path";;
    esac
    [ ${#lab} -le 70 ] || die "LAB_DIR '$lab' is too long for the socket paths below it (70 characters at most)"
}

check_programs() {
    local missing=() need
    for need in libvirtd=libvirt-daemon virsh=libvirt-clients qemu-system-x86_64=qemu-system-x86 qemu-img=qemu-utils \
        ip=iproute2 unshare=util-linux nsenter=util-linux setsid=util-linux as=binutils ld=binutils \
        hostname=hostname; do
        command -v "${need%%=*}" >/dev/null || missing+=("${need%%=*} (package ${need#*=})")
    done
    compgen -G '/usr/lib*/*/libvirt/connection-driver/libvirt_driver_qemu.so' >/dev/null ||
        compgen -G '/usr/lib*/libvirt/connection-driver/libvirt_driver_qemu.so' >/dev/null ||
        missing+=("libvirt's QEMU driver (package libvirt-daemon-driver-qemu)")
    [ ${#missing[@]} -eq 0 ] || cannot_run "not installed: $(printf '%s; ' "${missing[@]}")"
}

check_machine() {
    [ "$(id -u)" = 0 ] || cannot_run "needs root (namespaces, bridge), and this is user $(id -un)"
    check_programs
    local why
    why=$(unshare -m -u -i -n -p --fork bash -c 'mount --make-rprivate / && mount -t tmpfs tmpfs /run &&
        mount -t proc proc /proc && mount -t sysfs sysfs /sys && ip link add probe type bridge &&
        ip link add one type veth peer name two' 2>&1) ||
        cannot_run "no namespaces, mounts or virtual network devices: $why"
}

# --- The two hosts' processes ------------------------------------------------------------------------------

# The processes that were started as `... host-init.sh HOST_DIRECTORY ...`: `unshare` and process 1. Found in the
# process table itself: a recorded number might be another process by now.
host_starters() {
    local file words
    for file in /proc/[0-9]*/cmdline; do
        { mapfile -d '' -t words <"$file"; } 2>/dev/null || continue
        [[ " ${words[*]} " == *" $here/host-init.sh $(host_directory "$1") "* ]] || continue
        file=${file%/cmdline}
        echo "${file#/proc/}"
    done
}

# The host's process 1, which alone of those is number 1 in a pid namespace of its own.
host_init() {
    local process
    for process in $(host_starters "$1"); do
        grep -q '^NSpid:.*[[:space:]]1$' "/proc/$process/status" 2>/dev/null || continue
        echo "$process"
        return 0
    done
    return 1
}

# Every process of a host, by its number out here: `unshare`, process 1 and all in its pid namespace.
host_processes() {
    local init namespace
    host_starters "$1"
    init=$(host_init "$1") || return 0
    namespace=$(stat -L -c %i "/proc/$init/ns/pid" 2>/dev/null) || return 0
    stat -L -c '%i %n' /proc/[0-9]*/ns/pid 2>/dev/null | sed -n "s,^$namespace /proc/\([0-9]*\)/.*,\1,p"
}

libvirtd_of() {
    local process
    for process in $(host_processes "$1"); do
        [ "$(cat "/proc/$process/comm" 2>/dev/null)" != libvirtd ] || { echo "$process"; return 0; }
    done
    return 1
}

in_host() {
    local host=$1 init
    shift
    init=$(host_init "$host") || die "host $host is down"
    nsenter -t "$init" -m -u -i -n -p -- "$@"
}

# until_true SECONDS COMMAND...
until_true() {
    local deadline=$((SECONDS + $1))
    shift
    until "$@"; do
        [ $SECONDS -lt $deadline ] || return 1
        sleep 0.02
    done
}

# --- A host's configuration --------------------------------------------------------------------------------

write_libvirtd_conf() {
    cat <<EOT
host_uuid = "$(host_uuid "$1")"
listen_tls = 0
listen_tcp = 1
listen_addr = "$(address "$1")"
auth_tcp = "none"
auth_unix_rw = "none"
auth_unix_ro = "none"
unix_sock_dir = "/run/libvirt"
log_outputs = "1:file:/var/log/libvirt/libvirtd.log"
log_level = 3
log_filters = "1:qemu.qemu_migration"
keepalive_interval = 2
keepalive_count = 3
EOT
}

write_qemu_conf() {
    cat <<EOT
user = "root"
group = "root"
security_driver = "none"
dynamic_ownership = 0
remember_owner = 0
namespaces = []
stdio_handler = "file"
keepalive_interval = 2
keepalive_count = 3
migration_address = "$(address "$1")"
EOT
}

configure_host() {
    local directory
    directory=$(host_directory "$1")
    mkdir -p "$directory"/{etc,lib,cache,log/qemu,private}
    # What lies in /run does not survive a power loss.
    rm -rf "$directory/run" "$directory/booted"
    mkdir "$directory/run"
    write_libvirtd_conf "$1" >"$directory/etc/libvirtd.conf"
    write_qemu_conf "$1" >"$directory/etc/qemu.conf"
    printf '127.0.0.1 localhost\n%s %s\n%s %s\n' \
        "$(address A)" "$(host_name A)" "$(address B)" "$(host_name B)" >"$directory/hosts"
    write_accounts "$directory"
}

# libvirtd does not start its QEMU driver without the account that the package libvirt-daemon-system makes,
# which the lab neither needs (it would start the machine's own libvirtd) nor adds to the machine.
write_accounts() {
    local file
    for file in passwd group; do
        grep -v '^libvirt-qemu:' "/etc/$file" >"$1/$file"
    done
    echo 'libvirt-qemu:x:64055:64055::/var/lib/libvirt:/usr/sbin/nologin' >>"$1/passwd"
    echo 'libvirt-qemu:x:64055:' >>"$1/group"
}

# --- Power and network -------------------------------------------------------------------------------------

device_exists() { ip link show "$1" >/dev/null 2>&1; }
owns_device() { grep -qxF "$1" "$lab/devices" 2>/dev/null; }

# Written down before the device is made: there is no moment at which `down` would not know it.
claim_device() {
    ! device_exists "$1" || die "a network device '$1' exists that is not this lab's: choose another LAB_PREFIX"
    owns_device "$1" || echo "$1" >>"$lab/devices"
}

remove_device() {
    owns_device "$1" || return 0
    # The kernel removes a cable by itself when its other end's host has gone.
    ip link delete "$1" 2>/dev/null || ! device_exists "$1"
}

start_bridge() {
    local bridge
    bridge=$(bridge)
    if ! owns_device "$bridge" || ! device_exists "$bridge"; then
        [ -z "$(ip -o -4 address show to "$net.0/24")" ] ||
            die "$net.0/24 is in use on this machine: choose another LAB_NET"
        claim_device "$bridge"
        ip link add "$bridge" type bridge
    fi
    ip address replace "$net.254/24" dev "$bridge"
    ip link set "$bridge" up
}

connect_cable() {
    local host=$1 init=$2 cable
    cable=$(cable "$host")
    claim_device "$cable"
    ip link add "$cable" type veth peer name eth0 netns "$init"
    ip link set "$cable" master "$(bridge)" up
    nsenter -t "$init" -n ip address add "$(address "$host")/24" dev eth0
    nsenter -t "$init" -n ip link set eth0 up
}

start_host() {
    local host=$1 directory
    directory=$(host_directory "$host")
    if host_init "$host" >/dev/null; then say "host $host is up already"; return 0; fi
    remove_device "$(cable "$host")"
    configure_host "$host"
    setsid unshare -m -u -i -n -p --fork --kill-child=KILL \
        bash "$here/host-init.sh" "$directory" "$(host_name "$host")" "$lab/private" \
        </dev/null >"$directory/init.log" 2>&1 &
    until_true 10 test -e "$directory/booted" ||
        die "host $host did not boot: $(tail -n 3 "$directory/init.log")"
    connect_cable "$host" "$(host_init "$host")"
    start_libvirtd "$host"
}

has_no_process() { [ -z "$(host_processes "$1")" ]; }

kill_host() {
    local host=$1 process
    for process in $(host_processes "$host"); do kill -KILL "$process" 2>/dev/null || true; done
    until_true 15 has_no_process "$host" || die "host $host: processes that cannot be killed: $(host_processes "$host")"
    remove_device "$(cable "$host")"
}

start_libvirtd() {
    local host=$1 log
    log=$(host_directory "$host")/log/libvirtd.out
    # --daemon returns when libvirtd answers, or failed to start.
    in_host "$host" libvirtd --listen --daemon --pid-file /run/libvirt/libvirtd.pid \
        --config /etc/libvirt/libvirtd.conf </dev/null >>"$log" 2>&1 ||
        die "host $host: libvirtd did not start: $(tail -qn 3 "$log" "${log%.out}.log" 2>/dev/null)"
    until_true 10 virsh_answers "$host" unix || die "host $host: libvirtd does not answer at $(uri "$host")"
    until_true 10 virsh_answers "$host" tcp || die "host $host: libvirtd does not answer at $(uri "$host" tcp)"
}

virsh_answers() { virsh -q -c "$(uri "$1" "$2")" uri >/dev/null 2>&1; }

stop_libvirtd() {
    local host=$1 signal=${2:-TERM} process
    process=$(libvirtd_of "$host") || die "host $host: no libvirtd runs"
    kill -"$signal" "$process"
    until_true 30 has_no_libvirtd "$host" || die "host $host: libvirtd goes on after SIG$signal"
}
has_no_libvirtd() { ! libvirtd_of "$1" >/dev/null; }

# --- Storage, disks and guests -----------------------------------------------------------------------------

define_pool() {
    local host=$1 name=$2 path=$3
    virsh_on "$host" pool-info "$name" >/dev/null 2>&1 ||
        virsh_on "$host" pool-define-as "$name" dir --target "$path" >/dev/null
    virsh_on "$host" pool-autostart "$name" >/dev/null
    virsh_on "$host" pool-info "$name" | grep -q 'State: *running' || virsh_on "$host" pool-start "$name" >/dev/null
}

define_tiny_guest() {
    local disk=$lab/shared/$prefix-tiny.img
    [ -f "$disk" ] || make_disk "$disk" 1M
    if ! virsh_on A dominfo "$prefix-tiny" >/dev/null 2>&1 && ! virsh_on B dominfo "$prefix-tiny" >/dev/null 2>&1; then
        print_guest "$prefix-tiny" "$disk" >"$lab/$prefix-tiny.xml"
        virsh_on A define "$lab/$prefix-tiny.xml" >/dev/null
    fi
}

assemble_guest() {
    local work
    work=$(mktemp -d)
    as --32 -o "$work/boot.o" "$here/boot.S"
    ld -m elf_i386 -Ttext=0x7c00 --oformat=binary -o "$work/boot.bin" "$work/boot.o"
    [ "$(stat -c %s "$work/boot.bin")" = 512 ] || die "boot.S does not assemble to one sector"
    cp "$work/boot.bin" "$1"
    rm -r "$work"
}

bytes() { # VALUE COUNT: little-endian
    local value=$1 text='' i
    for ((i = 0; i < $2; i++)); do text+=$(printf '\\x%02x' $((value >> (8 * i) & 255))); done
    printf '%b' "$text"
}

make_disk() {
    local path=${1:?disk PATH SIZE} size=${2:?disk PATH SIZE} pages=0 limit=64 ticks=18 flags=0 format=raw partial
    shift 2
    while [ $# -gt 0 ]; do
        case $1 in
        --pages) pages=$2; shift;;
        --limit-mib) limit=$2; shift;;
        --heartbeat-ticks) ticks=$2; shift;;
        --format) format=$2; shift;;
        --never-sleep) flags=$((flags | 1));;
        --no-disk-writes) flags=$((flags | 2));;
        *) die "disk: unknown option '$1'";;
        esac
        shift
    done
    partial=$path.partial.$$
    assemble_guest "$partial"
    { bytes "$pages" 4; bytes $((limit << 20)) 4; bytes "$flags" 1; bytes "$ticks" 1; } |
        dd of="$partial" bs=1 seek=$((0x1f0)) conv=notrunc status=none
    truncate -s "$size" "$partial"
    if [ "$format" != raw ]; then
        qemu-img convert -q -f raw -O "$format" "$partial" "$partial.converted"
        mv "$partial.converted" "$partial"
    fi
    mv "$partial" "$path"
}

print_guest() {
    local name=${1:?guest NAME DISK} disk=${2:?guest NAME DISK} uuid='' memory=64 type=qemu format=raw cache=none cpu=''
    shift 2
    while [ $# -gt 0 ]; do
        case $1 in
        --uuid) uuid=$2;;
        --memory-mib) memory=$2;;
        --type) type=$2;;
        --format) format=$2;;
        --cache) cache=$2;;
        --cpu) cpu=$2;;
        *) die "guest: unknown option '$1'";;
        esac
        shift 2
    done
    cat <<EOT
<domain type='$type'>
  <name>$name</name>
  ${uuid:+<uuid>$uuid</uuid>}
  <memory unit='MiB'>$memory</memory>
  <vcpu>1</vcpu>
  <os><type arch='x86_64' machine='q35'>hvm</type><boot dev='hd'/></os>
  <features><acpi/></features>
  $cpu
  <on_poweroff>destroy</on_poweroff><on_reboot>restart</on_reboot><on_crash>destroy</on_crash>
  <devices>
    <disk type='file' device='disk'>
      <driver name='qemu' type='$format' cache='$cache'/><source file='$disk'/><target dev='vda' bus='virtio'/>
    </disk>
    <controller type='usb' model='none'/>
    <serial type='file'><source path='/var/log/libvirt/qemu/$name.serial' append='on'/></serial>
    <memballoon model='none'/>
    <video><model type='none'/></video>
  </devices>
</domain>
EOT
}

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
