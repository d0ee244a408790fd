/// Finds what somebody may have meant.
enum Nearest {
    /// Words longer than this are nobody's slip of the finger.
    private static let lengthLimit = 64

    /// `; did you mean 'X'?`, or nothing.
    static func hint(to word: String, among candidates: [String]) -> String {
        candidate(to: word, among: candidates).map { "; did you mean \($0.quotedForMessage)?" } ?? ""
    }

    /// The candidate with the fewest slips, at most one in three letters; of equals the first. A word that is almost the
    /// start of a candidate counts as one slip more (`bandwith` for `bandwidthMiBps`).
    static func candidate(to word: String, among candidates: [String]) -> String? {
        guard word.count <= lengthLimit else { return nil }
        let letters = Array(word.lowercased())
        let allowed = max(1, letters.count / 3)
        let scored = candidates.map { (candidate: $0, slips: slips(letters, Array($0.lowercased()))) }
        guard let best = scored.min(by: { $0.slips < $1.slips }), best.slips <= allowed else { return nil }
        return best.candidate
    }

    /// Insertions, deletions and replacements that make one of the other (Levenshtein), or of its start.
    private static func slips(_ word: [Character], _ candidate: [Character]) -> Int {
        // One row per letter of the word; a cell is the distance to that many letters of the candidate.
        var row = Array(0...candidate.count)
        for (index, letter) in word.enumerated() {
            var diagonal = row[0]
            row[0] = index + 1
            for column in candidate.indices {
                let replaced = diagonal + (letter == candidate[column] ? 0 : 1)
                diagonal = row[column + 1]
                row[column + 1] = min(replaced, row[column] + 1, diagonal + 1)
            }
        }
        let whole = row[candidate.count]
        guard word.count >= 3, let start = row.min() else { return whole }
        return min(whole, start + 1)
    }
}
