import CIM

/// Something wrong in a MOF text. Two are equal when they say the same kind of thing about the same place.
package struct MOFDiagnostic: Error, Sendable {
    package enum Severity: String, Hashable, Sendable {
        /// Nothing is compiled.
        case error
        /// A rule is broken that does not keep the declarations from being read.
        case warning
    }

    package enum Code: Hashable, Sendable {
        // The text
        case encoding, character, comment, string, escape, characterLiteral, number
        // The grammar
        case syntax
        // What the grammar can't tell
        case valueType, valueRange, flavor, scope, alias, property, embedded
        case pragma, include, namespace
        /// A rule of the schema, found once the declaration was read.
        case schema(SchemaViolation.Code)
        /// A limit of this compiler.
        case limit
    }

    /// Another place that belongs to the error, such as an earlier declaration.
    package struct Note: Hashable, Sendable {
        package let place: Place
        package let message: String
    }

    package struct Place: Hashable, Sendable {
        package let file: String
        /// From 1.
        package let line: Int
        /// From 1, in characters; a tab is one.
        package let column: Int
        /// How many characters are meant; 0 when it is the gap before the column.
        package let length: Int
        /// The line as it is in the file, or what is around the place when the line is longer than a screen.
        package let excerpt: String
        /// How many characters of the excerpt are before the place.
        package let excerptOffset: Int
    }

    package let severity: Severity
    package let code: Code
    package let place: Place
    /// What is wrong, and what was expected.
    package let message: String
    package let notes: [Note]
}

extension MOFDiagnostic: Hashable {
    package static func == (lhs: MOFDiagnostic, rhs: MOFDiagnostic) -> Bool {
        lhs.severity == rhs.severity && lhs.code == rhs.code && lhs.place == rhs.place
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(code)
        hasher.combine(place)
    }
}

extension MOFDiagnostic: CustomStringConvertible {
    /// `file:line:column: severity: message`, the source line, and a caret under the place.
    package var description: String {
        ([place.text(severity.rawValue, message)] + notes.map { $0.place.text("note", $0.message) }).joined(
            separator: "\n")
    }
}

extension MOFDiagnostic.Place {
    private static let excerptWidth = 160

    init(_ range: Range<Int>, in lines: inout LineTable) {
        file = lines.text.file
        (line, column) = lines.position(of: range.lowerBound)
        length = lines.text.scalarCount(range.clamped(to: 0..<lines.text.bytes.count))
        (excerpt, excerptOffset) = lines.excerpt(at: range.lowerBound, width: Self.excerptWidth)
    }

    fileprivate func text(_ kind: String, _ message: String) -> String {
        let scalars = excerpt.unicodeScalars
        // Tabs stay tabs, so that the caret stands under its character whatever their width.
        var marks = String(scalars.prefix(excerptOffset).map { $0 == "\t" ? "\t" : " " })
        marks += "^" + String(repeating: "~", count: max(0, min(length, scalars.count - excerptOffset) - 1))
        return "\(file):\(line):\(column): \(kind): \(message)\n\(excerpt)\n\(marks)"
    }
}

/// Why a text gave no result; at least one diagnostic.
package struct MOFFailure: Error, Sendable, CustomStringConvertible {
    package let diagnostics: [MOFDiagnostic]

    package var description: String { diagnostics.map(\.description).joined(separator: "\n") }
}

extension MOFFailure: Equatable {
    package static func == (lhs: MOFFailure, rhs: MOFFailure) -> Bool {
        lhs.diagnostics.map(\.code) == rhs.diagnostics.map(\.code)
    }
}

/// Something wrong within one source text, before it is told which line it is on.
struct Problem {
    let code: MOFDiagnostic.Code
    let range: Range<Int>
    let message: String
    /// A lenient reader passes over it.
    let isTolerated: Bool

    init(_ code: MOFDiagnostic.Code, _ range: Range<Int>, _ message: String, isTolerated: Bool = false) {
        self.code = code
        self.range = range
        self.message = message
        self.isTolerated = isTolerated
    }
}
