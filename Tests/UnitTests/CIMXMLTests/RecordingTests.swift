import CIM
import CIMXML
import Glibc
import Testing
import XML

/// Every message in a folder of recorded HTTP exchanges (`*.request.http`, `*.response.http`, in subfolders) is read,
/// and what is written from it is read as the same. Set MIGRATIOND_RECORDINGS to the folder to run it.
@Suite struct RecordingTests {
    private static let folder = getenv("MIGRATIOND_RECORDINGS").map { String(cString: $0) }

    @Test(.enabled(if: folder != nil, "MIGRATIOND_RECORDINGS names no folder of recordings: nothing was checked"))
    func everyRecordedMessageSurvives() throws {
        let folder = try #require(Self.folder)
        var requests = 0
        var responses = 0
        for file in files(under: folder) {
            guard let body = messageBody(try contents(of: file)) else { continue }
            if file.hasSuffix(".request.http") {
                try checkRequest(body, file)
                requests += 1
            } else if file.hasSuffix(".response.http") {
                try checkResponse(body, file)
                responses += 1
            }
        }
        #expect(requests > 100, "a folder with the recordings of real clients")
        #expect(responses > 100)
    }

    private func checkRequest(_ body: [UInt8], _ file: String) throws {
        do {
            let request = try CIMXMLRequest(parsing: body)
            #expect(try CIMXMLRequest(parsing: request.encoded()) == request, "\(file)")
        } catch {
            Issue.record("\(file): \(error)")
        }
    }

    /// Errors are equal when their codes are; comparing what is written twice compares their texts too.
    private func checkResponse(_ body: [UInt8], _ file: String) throws {
        do {
            let response = try CIMXMLResponse(parsing: body)
            let written = response.encoded()
            let again = try CIMXMLResponse(parsing: written)
            #expect(again == response, "\(file)")
            #expect(again.encoded() == written, "\(file)")
        } catch {
            Issue.record("\(file): \(error)")
        }
    }

    // MARK: Files

    private func files(under folder: String) -> [String] {
        guard let directory = opendir(folder) else { return [] }
        defer { closedir(directory) }
        var found: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            guard !name.hasPrefix(".") else { continue }
            let path = folder + "/" + name
            if entry.pointee.d_type == UInt8(DT_DIR) { found += files(under: path) } else { found.append(path) }
        }
        return found.sorted()
    }

    private func contents(of path: String) throws -> [UInt8] {
        let file = try #require(fopen(path, "rb"), "\(path) cannot be opened")
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65536)
        while case let count = fread(&buffer, 1, buffer.count, file), count > 0 { bytes += buffer[..<count] }
        return bytes
    }

    /// The body with chunks joined; `nil` when it holds no CIM-XML message.
    private func messageBody(_ http: [UInt8]) -> [UInt8]? {
        let text = String(decoding: http, as: UTF8.self)
        guard let end = text.firstRange(of: "\r\n\r\n") ?? text.firstRange(of: "\n\n") else { return nil }
        let head = text[..<end.lowerBound].lowercased()
        let body = text[end.upperBound...]
        guard body.contains("<CIM ") else { return nil }
        if !head.contains("transfer-encoding: chunked") { return Array(body.utf8) }
        var joined: [UInt8] = []
        var rest = Array(body.utf8)[...]
        while let lineEnd = rest.firstIndex(of: 10),
            let size = Int(String(decoding: rest[..<lineEnd].filter { $0 != 13 }, as: UTF8.self), radix: 16), size > 0
        {
            joined += rest[(lineEnd + 1)...].prefix(size)
            rest = rest[(lineEnd + 1)...].dropFirst(size + 2)
        }
        return joined
    }
}
