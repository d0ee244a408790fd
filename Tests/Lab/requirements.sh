# Part of lab.sh: whether its settings make sense and a lab can run on this machine.
# Reads lab.sh's variables: lab, prefix, net, here, marker.
# shellcheck shell=bash disable=SC2154

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
