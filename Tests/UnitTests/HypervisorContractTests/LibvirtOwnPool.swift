import Glibc
import HypervisorAPI
import Testing

/// Disks in the pool `private`, which each of the lab's hosts has to itself under one path.
extension LibvirtContractFixture {
    /// At 8 MiB/s a copy takes some seconds.
    static let ownDiskMiB: UInt64 = 64

    func ownPath(_ name: String) -> String { lab.privatePath("\(name).img") }

    /// On the source, with something at its end that only a copy brings to the destination.
    func makeOwnDisk(format: String, _ load: [String]) async throws -> String {
        let (name, _) = newName()
        let file = lab.privateFile("\(name).img", of: .a)
        try await lab.run(["disk", file, "\(Self.ownDiskMiB)M", "--format", format] + load)
        try await lab.run("exec", "A", "qemu-io", "-f", format, "-c", "write -P 0xab 60M 1M", ownPath(name))
        return name
    }

    func volumeOrder(capacity: UInt64, format: String) async throws -> VolumeOrder {
        let (name, _) = newName()
        return VolumeOrder(pool: "private", path: ownPath(name), capacity: capacity, format: format)
    }

    func copyOrder(for guest: ContractGuest) async throws -> VolumeOrder {
        let disk = try #require(try await sourceHost.definition(of: guest.uuid, .current).disks.first)
        return VolumeOrder(
            pool: "private", path: try #require(disk.path), capacity: Self.ownDiskMiB << 20,
            format: try #require(disk.format))
    }

    /// The boot sector is there, what was written before the guest started is there, the tick counter in sector 1 has
    /// gone on, and there is one `B` in the serial logs of both hosts together.
    func hasItsData(_ guest: ContractGuest) async throws -> Bool {
        let disk = try #require(try await destinationHost.definition(of: guest.uuid, .current).disks.first)
        let format = try #require(disk.format)
        let (left, arrived) = (try await image(guest, format, .a), try await image(guest, format, .b))
        guard left.count == arrived.count, left.count == Int(Self.ownDiskMiB << 20) else { return false }
        let marked = arrived[(60 << 20)..<(61 << 20)].allSatisfy { $0 == 0xab }
        var boots = 0
        for host in LibvirtLab.Host.allCases {
            let log = "/var/log/libvirt/qemu/\(guest.name).serial"
            let text = try await lab.run("exec", host.rawValue, "sh", "-c", "cat \(log) 2>/dev/null || true")
            boots += text.count { $0 == "B" }
        }
        return marked && boots == 1 && left[..<512] == arrived[..<512] && Self.ticks(left) <= Self.ticks(arrived)
    }

    /// What a guest sees, whoever has the image open.
    private func image(_ guest: ContractGuest, _ format: String, _ host: LibvirtLab.Host) async throws -> [UInt8] {
        let copy = "\(guest.name).\(host.rawValue).raw"
        let file = lab.privateFile(copy, of: host)
        defer { unlink(file) }
        try await lab.run(
            "exec", host.rawValue, "qemu-img", "convert", "-U", "-f", format, "-O", "raw", ownPath(guest.name),
            lab.privatePath(copy))
        let descriptor = open(file, O_RDONLY)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: Int(Self.ownDiskMiB << 20))
        var count = 0
        while count < bytes.count {
            let more = bytes.withUnsafeMutableBytes { read(descriptor, $0.baseAddress! + count, $0.count - count) }
            guard more > 0 else { break }
            count += more
        }
        return Array(bytes[..<count])
    }

    private static func ticks(_ image: [UInt8]) -> UInt32 {
        image[512..<516].reversed().reduce(0) { $0 << 8 | UInt32($1) }
    }
}
