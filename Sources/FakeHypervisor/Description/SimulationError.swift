/// What is wrong with a world's description or with a command given to it. Equality is by code.
package struct SimulationError: Error, Sendable {
    package enum Code: String, Sendable, CaseIterable {
        /// The text is no YAML or JSON at all.
        case malformed
        case unknownKey
        case missingKey
        case wrongType
        /// Of the right type, but out of range or contradicting something else.
        case invalidValue
        case unknownCommand
        case unknownHost
        case unknownGuest
        /// The state of the world forbids it.
        case conflict
        /// The deadline of a `wait` passed.
        case deadlinePassed
        /// A line or a queue is longer than its bound.
        case tooLong
        /// A file or a socket cannot be used.
        case inputOutput
    }

    package let code: Code
    package let message: String
    /// What to do about it.
    package let remedy: String
    /// `file:line:column`; `nil` where there is no text.
    package let place: String?

    package init(_ code: Code, _ message: String, remedy: String, place: String? = nil) {
        self.code = code
        self.message = message
        self.remedy = remedy
        self.place = place
    }
}

extension SimulationError: Equatable {
    package static func == (lhs: SimulationError, rhs: SimulationError) -> Bool { lhs.code == rhs.code }
}

extension SimulationError: CustomStringConvertible {
    package var description: String {
        "\(place.map { "\($0): " } ?? "")\(message); \(remedy)"
    }
}
