/// A pattern of WQL's LIKE: `%` is any text, `_` any character, `[abc]`, `[a-c]` one of these, `[^abc]` none of these.
/// Compared without regard to case, as WQL does.
struct LikePattern: Hashable, Sendable {
    private enum Piece: Hashable, Sendable {
        case anyText
        case anyCharacter
        case character(Character)
        case oneOf([ClosedRange<Character>], negated: Bool)
    }

    private var pieces: [Piece] = []

    /// Fails (`nil`) when a bracket is not closed or a range runs backwards.
    init?(_ text: String) {
        var rest = Array(text.lowercased())[...]
        while let first = rest.popFirst() {
            switch first {
            case "%": if pieces.last != .anyText { pieces.append(.anyText) }
            case "_": pieces.append(.anyCharacter)
            case "[":
                guard let piece = Self.oneOf(&rest) else { return nil }
                pieces.append(piece)
            default: pieces.append(.character(first))
            }
        }
    }

    private static func oneOf(_ rest: inout ArraySlice<Character>) -> Piece? {
        guard let end = rest.firstIndex(of: "]") else { return nil }
        var members = rest[..<end]
        rest = rest[(end + 1)...]
        let negated = members.first == "^"
        if negated { members = members.dropFirst() }
        var ranges: [ClosedRange<Character>] = []
        while let low = members.popFirst() {
            if members.count >= 2, members.first == "-" {
                let high = members[members.startIndex + 1]
                guard low <= high else { return nil }
                ranges.append(low...high)
                members = members.dropFirst(2)
            } else {
                ranges.append(low...low)
            }
        }
        return ranges.isEmpty ? nil : .oneOf(ranges, negated: negated)
    }

    /// Takes time in the product of both lengths at worst: on a mismatch only the last `%` takes one character more.
    func matches(_ text: String) -> Bool {
        let characters = Array(text.lowercased())
        var piece = 0
        var position = 0
        var resume: (piece: Int, position: Int)?
        while position < characters.count {
            if piece < pieces.count, pieces[piece] == .anyText {
                resume = (piece + 1, position)
                piece += 1
            } else if piece < pieces.count, Self.matches(pieces[piece], characters[position]) {
                piece += 1
                position += 1
            } else if let last = resume {
                resume = (last.piece, last.position + 1)
                (piece, position) = (last.piece, last.position + 1)
            } else {
                return false
            }
        }
        return pieces[piece...].allSatisfy { $0 == .anyText }
    }

    private static func matches(_ piece: Piece, _ character: Character) -> Bool {
        switch piece {
        case .anyText, .anyCharacter: true
        case .character(let wanted): wanted == character
        case .oneOf(let ranges, let negated): ranges.contains { $0.contains(character) } != negated
        }
    }
}
