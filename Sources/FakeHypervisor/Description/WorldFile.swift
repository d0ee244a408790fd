import HypervisorAPI

extension WorldDescription {
    /// Reads a world from its YAML text. docs/fake-hypervisor.md lists the keys.
    /// - Parameter source: names the text in errors: usually the file's path.
    /// - Throws: the first thing that is wrong, with line and column.
    package init(yaml: String, source: String) throws(SimulationError) {
        let root = try StrictNode(text: yaml, source: source).mapping(
            "the world", keys: ["hosts", "storage", "links", "linkMiBPerSecond", "migrationsPerHost"])
        self.init(
            hosts: try root.list("hosts", HostDescription.init(node:)),
            storage: try root.list("storage", StorageDescription.init(node:)),
            links: try root.list("links", LinkDescription.init(node:)),
            linkMiBPerSecond: try root.value("linkMiBPerSecond", default: 1000, Bounds.bandwidth),
            migrationsPerHost: try root.value("migrationsPerHost", default: nil) { node throws(SimulationError) in
                try node.integer(1...1000)
            })
        do { try validate() } catch {
            throw SimulationError(error.code, error.message, remedy: error.remedy, place: error.place ?? root.place)
        }
    }
}

extension HostDescription {
    fileprivate init(node: StrictNode) throws(SimulationError) {
        let host = try node.mapping(
            "a host",
            keys: [
                "name", "address", "uuid", "condition", "hypervisorType", "hypervisorVersion", "libraryVersion",
                "architecture", "virtualizationTypes", "machines", "cpu", "memoryMiB", "guests",
            ])
        self.init(
            name: try host[required: "name"].string(),
            address: try host["address"]?.string(),
            uuid: try Bounds.uuid(host[required: "uuid"]),
            condition: try host.value("condition", default: .up) { node throws(SimulationError) in
                try node.choice(Condition.self)
            },
            hypervisorType: try host["hypervisorType"]?.string() ?? "QEMU",
            hypervisorVersion: try host.value("hypervisorVersion", default: 7_002_000, Bounds.version),
            libraryVersion: try host.value("libraryVersion", default: 9_000_000, Bounds.version),
            architecture: try host["architecture"]?.string() ?? "x86_64",
            virtualizationTypes: try host["virtualizationTypes"] == nil
                ? ["kvm", "qemu"] : host.list("virtualizationTypes", Bounds.string),
            machines: try host["machines"] == nil
                ? ["pc-q35-7.2", "pc-i440fx-7.2"] : host.list("machines", Bounds.string),
            cpu: try host.value("cpu", default: CPUDescription(model: "Skylake-Server"), CPUDescription.init(node:)),
            memoryMiB: try host.value("memoryMiB", default: nil, Bounds.memory),
            guests: try host.list("guests", GuestDescription.init(node:)))
    }
}

extension CPUDescription {
    fileprivate init(node: StrictNode) throws(SimulationError) {
        let cpu = try node.mapping("a CPU", keys: ["model", "features"])
        let model = try cpu[required: "model"]
        self.init(model: try model.string(), features: try cpu.list("features", Bounds.string))
        guard CPUModels.names.contains(self.model) else {
            throw model.invalid(
                "the CPU model “\(self.model)” is unknown",
                remedy: "use one of \(CPUModels.names.joined(separator: ", "))")
        }
    }
}

extension StorageDescription {
    fileprivate init(node: StrictNode) throws(SimulationError) {
        let storage = try node.mapping("a storage", keys: ["pool", "path", "hosts", "volumes"])
        self.init(
            pool: try storage[required: "pool"].string(),
            path: try Bounds.path(storage[required: "path"]),
            hosts: try storage.list("hosts", Bounds.string),
            volumes: try storage.list("volumes") { node throws(SimulationError) in
                let volume = try node.mapping("a volume", keys: ["name", "sizeMiB", "format"])
                return VolumeDescription(
                    name: try volume[required: "name"].string(), sizeMiB: try Bounds.size(volume[required: "sizeMiB"]),
                    format: try volume["format"]?.string() ?? "qcow2")
            })
    }
}

extension LinkDescription {
    fileprivate init(node: StrictNode) throws(SimulationError) {
        let link = try node.mapping("a link", keys: ["between", "bandwidthMiBPerSecond", "cut"])
        let between = try link[required: "between"]
        let ends = try link.list("between", Bounds.string)
        guard ends.count == 2, ends[0] != ends[1] else {
            throw between.invalid("a link has two different ends", remedy: "name two hosts: [alpha, beta]")
        }
        self.init(
            ends[0], ends[1], bandwidthMiBPerSecond: try Bounds.bandwidth(link[required: "bandwidthMiBPerSecond"]),
            isCut: try link["cut"]?.boolean() ?? false)
    }
}

extension GuestDescription {
    /// Also reads the guest of a control command.
    init(node: StrictNode) throws(SimulationError) {
        let guest = try node.mapping(
            "a guest",
            keys: [
                "name", "uuid", "state", "persistent", "startsWithHost", "mark", "memoryMiB", "virtualCPUs",
                "virtualizationType", "machine", "cpu", "disks", "dirtyMiBPerSecond", "workingSetMiB",
            ])
        let memory = try guest.value("memoryMiB", default: 1024, Bounds.size)
        let disks = try guest.list("disks", DiskDescription.init(node:))
        self.init(
            name: try guest[required: "name"].string(),
            uuid: try Bounds.uuid(guest[required: "uuid"]),
            state: try guest.value("state", default: .running) { node throws(SimulationError) in
                try node.choice(State.self)
            },
            isPersistent: try guest["persistent"]?.boolean() ?? true,
            startsWithHost: try guest["startsWithHost"]?.boolean() ?? false,
            mark: try guest.value("mark", default: nil) { node throws(SimulationError) in
                try OwnershipMark(node: node)
            },
            hardware: Hardware(
                memoryMiB: memory,
                virtualCPUs: UInt32(try guest["virtualCPUs"]?.integer(1...1024) ?? 1),
                virtualizationType: try guest["virtualizationType"]?.string() ?? "kvm",
                machine: try guest["machine"]?.string() ?? "pc-q35-7.2",
                cpu: try guest.value("cpu", default: nil) { node throws(SimulationError) in
                    try CPUDescription(node: node)
                },
                disks: disks,
                dirtyMiBPerSecond: try guest.value("dirtyMiBPerSecond", default: 0, Bounds.rate),
                workingSetMiB: try guest["workingSetMiB"]?.number(0...Double(memory))))
        guard isPersistent || state != .shutOff else {
            throw SimulationError(
                .invalidValue, "the guest “\(name)” is neither running nor persistent", remedy: "make it persistent",
                place: guest.place)
        }
    }
}

extension OwnershipMark {
    fileprivate init(node: StrictNode) throws(SimulationError) {
        let mark = try node.mapping("a mark", keys: ["owner", "generation", "job"])
        self.init(
            owner: try Bounds.uuid(mark[required: "owner"]).text,
            generation: UInt64(try mark[required: "generation"].integer(0...Int.max)),
            job: try mark[required: "job"].string())
    }
}

extension DiskDescription {
    fileprivate init(node: StrictNode) throws(SimulationError) {
        let disk = try node.mapping(
            "a disk", keys: ["target", "device", "path", "format", "cache", "sizeMiB", "readOnly"])
        self.init(
            target: try disk[required: "target"].string(),
            device: try disk["device"]?.string() ?? "disk",
            path: try Bounds.path(disk[required: "path"]),
            format: try disk["format"]?.string() ?? "qcow2",
            cache: try disk["cache"]?.string(),
            sizeMiB: try disk.value("sizeMiB", default: 10240, Bounds.size),
            isReadOnly: try disk["readOnly"]?.boolean() ?? false)
    }
}
