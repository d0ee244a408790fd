#!/bin/bash
# Process 1 of one lab host. lab.sh starts it as root in namespaces of its own (mount, uts, ipc, net, pid):
#   host-init.sh HOST_DIRECTORY HOST_NAME SHARED_PRIVATE_PATH
# It makes the mount namespace look like a machine of its own, starts libvirtd, and then only reaps orphans.
# When it dies, the kernel kills everything else in its pid namespace: that is the host's power loss.
set -eu
host_directory=$1 host_name=$2 private_path=$3

private_directories() {
    mount --make-rprivate /
    # Fresh, so that the machine's own directories gain nothing, and so that no host can talk to the
    # machine's D-Bus, systemd-machined or polkit.
    local where
    for where in /run /var/lib /var/cache /var/log; do
        mount -t tmpfs tmpfs "$where"
        mkdir "$where/libvirt"
    done
    mount --bind "$host_directory/run" /run/libvirt
    mount --bind "$host_directory/lib" /var/lib/libvirt
    mount --bind "$host_directory/cache" /var/cache/libvirt
    mount --bind "$host_directory/log" /var/log/libvirt
    mount --bind "$host_directory/etc" /etc/libvirt
    for where in hosts passwd group; do mount --bind "$host_directory/$where" "/etc/$where"; done
    mount --bind "$host_directory/private" "$private_path"
}

kernel_views() {
    mount -t proc proc /proc
    # A /sys of this network namespace, and without control groups: both hosts would use the same
    # machine/qemu-N-NAME. Mounts can lie upon each other, hence the loop.
    while umount -l /sys 2>/dev/null; do :; done
    mount -t sysfs sysfs /sys
    ! grep -q ' - cgroup' /proc/self/mountinfo || { echo "control groups are still mounted"; exit 1; }
}

# No call to a lab host may ever reach the machine's real PCI devices.
hide_pci_devices() {
    local directory
    for directory in /sys/bus/pci/devices /sys/bus/pci/drivers /sys/devices/pci*:*; do
        [ ! -d "$directory" ] || mount -t tmpfs tmpfs "$directory"
    done
}

reap_for_ever() {
    trap '' HUP
    trap 'exit 0' TERM
    sleep infinity &
    while :; do wait || true; done
}

private_directories
kernel_views
hide_pci_devices
hostname "$host_name"
ip link set lo up
touch "$host_directory/booted"
reap_for_ever
