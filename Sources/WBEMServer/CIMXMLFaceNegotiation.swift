import HTTPTransport

/// What the client says it can read, against what it gets: XML in UTF-8, not compressed, as a whole. Source: DSP0200 7
/// (which fields a server must refuse), RFC 9110 12.5 (what they mean).
enum ContentNegotiation {
    /// The media types that a message can be sent as, the preferred one first (DSP0200 7: Content-Type).
    private static let mediaTypes = ["application/xml", "text/xml"]

    /// The media type to answer with.
    /// - Throws: 406, saying which field asks for what is not to be had.
    static func mediaType(for headers: HTTPHeaderFields) throws(HTTPRefusal) -> String {
        for field in ["Accept-Ranges", "Range"] where headers.contains(field) {
            throw HTTPRefusal(406, "Messages are not sent in parts; leave out the header \(field).")
        }
        if let charsets = Preferences("Accept-Charset", headers), !charsets.allows(["utf-8", "*"]) {
            throw HTTPRefusal(406, "Messages are in UTF-8, which the header Accept-Charset leaves out.")
        }
        if let codings = Preferences("Accept-Encoding", headers), !codings.allows(["identity", "*"], unnamed: true) {
            throw HTTPRefusal(406, "Messages are not compressed, and the header Accept-Encoding rules out identity.")
        }
        guard let types = Preferences("Accept", headers) else { return mediaTypes[0] }
        let found = mediaTypes.first { type in
            types.allows([type, String(type.prefix { $0 != "/" }) + "/*", "*/*"])
        }
        guard let found else {
            throw HTTPRefusal(406, "Messages are application/xml or text/xml, which the header Accept leaves out.")
        }
        return found
    }
}

/// A list of names with weights: `text/xml;q=0.8, */*;q=0` (RFC 9110 12.4.2).
private struct Preferences {
    private let weights: [(name: String, weight: Double)]

    /// `nil` when the field is absent or empty: then the client has no preference.
    init?(_ field: String, _ headers: HTTPHeaderFields) {
        weights = headers.list(field).map { member in
            let parts = member.split(separator: ";").map { part in part.filter { $0 != " " && $0 != "\t" }.lowercased()
            }
            let weight = parts.dropFirst().first { $0.hasPrefix("q=") }.flatMap { Double($0.dropFirst(2)) }
            return (parts.first ?? "", weight ?? 1)
        }
        if weights.isEmpty { return nil }
    }

    /// Whether something is wanted that is known by these names, the most exact first: the first that is named decides.
    /// - Parameter unnamed: the answer when none is.
    func allows(_ names: [String], unnamed: Bool = false) -> Bool {
        for name in names {
            if let found = weights.first(where: { $0.name == name }) { return found.weight > 0 }
        }
        return unnamed
    }
}
