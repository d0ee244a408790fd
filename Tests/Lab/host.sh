# Part of lab.sh: the hosts, their processes, configuration, power and network.
# Reads lab.sh's variables: lab, prefix, net, here, marker.
# shellcheck shell=bash disable=SC2154

# --- Processes --------------------------------------------------------------------------------------------

# The processes that were started as `... host-init.sh HOST_DIRECTORY ...`: `unshare` and process 1. Found in the
# process table itself: a recorded number might be another process by now.
host_starters() {
    local file words directory
    directory=$(host_directory "$1")
    for file in /proc/[0-9]*/cmdline; do
        { mapfile -d '' -t words <"$file"; } 2>/dev/null || continue
        # Whichever copy of the project started them.
        [[ " ${words[*]} " == *"/host-init.sh $directory "* ]] || continue
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

# --- Configuration ----------------------------------------------------------------------------------------

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

# --- Network ----------------------------------------------------------------------------------------------

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
    # The same hardware address in every life of the host: its neighbours remember it for up to a minute.
    ip link add "$cable" type veth peer name eth0 address "$(hardware_address "$host")" netns "$init"
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

virsh_answers() { timeout 3 virsh -q -c "$(uri "$1" "$2")" uri >/dev/null 2>&1; }

stop_libvirtd() {
    local host=$1 signal=${2:-TERM} process
    process=$(libvirtd_of "$host") || die "host $host: no libvirtd runs"
    kill -"$signal" "$process"
    until_true 30 has_no_libvirtd "$host" || die "host $host: libvirtd goes on after SIG$signal"
}
has_no_libvirtd() { ! libvirtd_of "$1" >/dev/null; }
