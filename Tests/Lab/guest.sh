# Part of lab.sh: storage pools, disks and guests.
# Reads lab.sh's variables: lab, prefix, net, here, marker.
# shellcheck shell=bash disable=SC2154

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
