import Glibc
import HTTPTransport
import Testing
import WBEMServer

/// Real clients are never refused: each request recorded of pywbem and wbemcli, sent to a server that knows none of
/// their namespaces, is answered with a CIM-XML message. Set MIGRATIOND_RECORDINGS to the folder to run it.
@Suite struct CIMXMLFaceRecordingTests {
    private static let folder = getenv("MIGRATIOND_RECORDINGS").map { String(cString: $0) }

    @Test(.enabled(if: folder != nil, "MIGRATIOND_RECORDINGS names no folder of recordings: nothing was checked"))
    func realClientsAreUnderstood() async throws {
        let folder = try #require(Self.folder)
        let face = try Face.make()
        var answered = 0
        for file in Self.requests(under: folder) {
            guard let request = try Self.request(in: file), request.headers["CIMOperation"] != nil else { continue }
            // One recording claims to be compressed and is not, and one wants HTML.
            let expected: UInt16 =
                request.headers.contains("Content-Encoding")
                ? 415 : request.headers["Accept"] == "text/html" ? 406 : 200
            let response = try await face.wholeResponse(to: request)
            #expect(response.status == expected, "\(file): \(String(decoding: response.body, as: UTF8.self))")
            answered += 1
        }
        #expect(answered > 100, "a folder with the recordings of real clients")
    }

    private static func requests(under folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var found: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard !name.hasPrefix(".") else { continue }
            let path = folder + "/" + name
            if entry.pointee.d_type == UInt8(DT_DIR) { found += requests(under: path) }
            if name.hasSuffix(".request.http") { found.append(path) }
        }
        return found.sorted()
    }

    private static func request(in path: String) throws -> HTTPRequest? {
        let file = try #require(fopen(path, "rb"), "\(path) cannot be opened")
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 1 << 20)
        bytes.removeLast(bytes.count - fread(&bytes, 1, bytes.count, file))
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return nil }
        let lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")
        guard let start = lines.first?.split(separator: " "), start.count == 3 else { return nil }
        let headers = lines.dropFirst().map { line in
            let name = line.prefix { $0 != ":" }
            return (name: String(name), value: String(line.dropFirst(name.count + 1).drop { $0 == " " }))
        }
        return HTTPRequest(
            method: String(start[0]), path: String(start[1]), headers: HTTPHeaderFields(headers),
            body: Array(bytes[end.upperBound...]), peer: Sent.peer)
    }
}
