import CLibvirt

/// Typed parameters that libvirt gave; valid as long as what they came in.
struct TypedParameters {
    private let start: virTypedParameterPtr?
    private let count: Int32

    init(_ start: virTypedParameterPtr?, count: Int32) {
        self.start = start
        self.count = count
    }

    /// `nil` when it is absent or of another type.
    func int32(_ name: String) -> Int32? {
        var value: Int32 = 0
        return virTypedParamsGetInt(start, count, name, &value) == 1 ? value : nil
    }

    func uint64(_ name: String) -> UInt64? {
        var value: UInt64 = 0
        return virTypedParamsGetULLong(start, count, name, &value) == 1 ? value : nil
    }
}

/// Typed parameters to be given to libvirt.
struct TypedParameterList: ~Copyable {
    private(set) var start: virTypedParameterPtr?
    private(set) var count: Int32 = 0
    private var capacity: Int32 = 0

    /// Whether there was memory for it.
    mutating func add(_ name: String, _ value: String) -> Bool {
        virTypedParamsAddString(&start, &count, &capacity, name, value) == 0
    }

    mutating func add(_ name: String, _ value: UInt64) -> Bool {
        virTypedParamsAddULLong(&start, &count, &capacity, name, value) == 0
    }

    // Local memory only.
    deinit { virTypedParamsFree(start, count) }
}
