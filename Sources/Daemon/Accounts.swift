import Glibc

/// Why a user or group is not known here; to follow its name in a message.
package struct AccountFault: Error, Hashable, Sendable {
    package let reason: String

    package init(_ reason: String) { self.reason = reason }
}

/// Users and groups as the system knows them: its files, or a directory behind nsswitch.conf(5). May wait for the
/// network.
enum Accounts {
    /// A group of a large site may have thousands of members in its entry.
    private static let bufferLimitBytes = 16 << 20

    static func userID(_ name: String) -> Result<UInt32, AccountFault> {
        lookUp("no such user") { (entry: UnsafeMutablePointer<passwd>, buffer, size, found) in
            getpwnam_r(name, entry, buffer, size, found)
        } value: {
            $0.pw_uid
        }
    }

    static func groupID(_ name: String) -> Result<UInt32, AccountFault> {
        lookUp("no such group") { (entry: UnsafeMutablePointer<group>, buffer, size, found) in
            getgrnam_r(name, entry, buffer, size, found)
        } value: {
            $0.gr_gid
        }
    }

    /// `nil` when the user has no name, or it could not be asked for.
    static func userName(_ id: UInt32) -> String? {
        let name: Result<String, AccountFault> =
            lookUp("no such user") { (entry: UnsafeMutablePointer<passwd>, buffer, size, found) in
                getpwuid_r(id, entry, buffer, size, found)
            } value: {
                String(cString: $0.pw_name)
            }
        return try? name.get()
    }

    /// - Parameter ask: one of getpwnam_r(3) and its like, with room for an entry and for what it points to.
    private static func lookUp<Entry: BitwiseCopyable, Value>(
        _ absent: String,
        _ ask: (
            UnsafeMutablePointer<Entry>, UnsafeMutablePointer<CChar>, Int,
            UnsafeMutablePointer<UnsafeMutablePointer<Entry>?>
        ) -> CInt, value: (Entry) -> Value
    ) -> Result<Value, AccountFault> {
        let entry = UnsafeMutablePointer<Entry>.allocate(capacity: 1)
        defer { entry.deallocate() }
        var size = 16_384
        while true {
            let buffer = UnsafeMutablePointer<CChar>.allocate(capacity: size)
            defer { buffer.deallocate() }
            var found: UnsafeMutablePointer<Entry>?
            let code = ask(entry, buffer, size, &found)
            if let found { return .success(value(found.pointee)) }
            guard code == ERANGE, size < bufferLimitBytes else {
                // Several codes mean that there is none (getpwnam_r(3)); what differs is only the text.
                return .failure(AccountFault(code == 0 ? absent : String(cString: strerror(code))))
            }
            size *= 4
        }
    }
}
