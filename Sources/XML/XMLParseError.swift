/// A place in a document: line and column count from 1; the column counts characters.
package struct XMLPosition: Hashable, Sendable, CustomStringConvertible {
    package let line: Int
    package let column: Int

    package init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    package var description: String { "line \(line), column \(column)" }
}

/// Why a document was refused. Equality is by code.
package struct XMLParseError: Error, Sendable, CustomStringConvertible {
    package enum Code: String, Hashable, Sendable, CaseIterable {
        case notWellFormed, documentTypeForbidden, entityForbidden, encodingUnsupported, invalidUTF8
        case forbiddenCharacter, tooLarge, tooDeep, tooManyElements, tooManyAttributes, tagTooLong
        /// libxml2 could not be had (no memory).
        case parserUnavailable
    }

    package let code: Code
    /// For people: what is wrong, without the place.
    package let message: String
    package let position: XMLPosition

    package init(_ code: Code, _ message: String, at position: XMLPosition) {
        self.code = code
        self.message = message
        self.position = position
    }

    package var line: Int { position.line }
    package var column: Int { position.column }
    package var description: String { "\(position): \(message)" }
}

extension XMLParseError: Equatable {
    package static func == (lhs: XMLParseError, rhs: XMLParseError) -> Bool { lhs.code == rhs.code }
}
