/// What is to happen when: by time, and at equal times in the order of entry.
struct Agenda<Item: Sendable>: Sendable {
    struct Token: Hashable, Sendable {
        fileprivate let number: UInt64
    }

    private struct Entry: Sendable {
        let time: Duration
        let number: UInt64
        let item: Item
    }

    /// Latest first, so that the next one is taken off the end.
    private var entries: [Entry] = []
    private var lastNumber: UInt64 = 0

    var nextTime: Duration? { entries.last?.time }
    var count: Int { entries.count }

    @discardableResult
    mutating func add(_ item: Item, at time: Duration) -> Token {
        lastNumber += 1
        var low = 0
        var high = entries.count
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].time > time { low = middle + 1 } else { high = middle }
        }
        entries.insert(Entry(time: time, number: lastNumber, item: item), at: low)
        return Token(number: lastNumber)
    }

    /// Does nothing when the entry is gone.
    mutating func remove(_ token: Token) {
        guard let place = entries.firstIndex(where: { $0.number == token.number }) else { return }
        entries.remove(at: place)
    }

    /// Takes the next entry off.
    mutating func next() -> (time: Duration, item: Item)? {
        entries.popLast().map { ($0.time, $0.item) }
    }
}
