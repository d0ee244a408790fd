/// First come, first served, but any one may leave the line: each of that takes constant time, spread over all arrivals.
struct HTTPLine<Element: Sendable>: Sendable {
    /// By their numbers, which are consecutive; some are missing.
    private var elements: [Int: Element] = [:]
    /// Nobody before this number is in line.
    private var head = 0
    private var next = 0

    var isEmpty: Bool { elements.isEmpty }

    var first: Element? {
        mutating get {
            guard !isEmpty else { return nil }
            while elements[head] == nil { head += 1 }
            return elements[head]
        }
    }

    /// Returns the number by which the element can be removed.
    mutating func append(_ element: Element) -> Int {
        defer { next += 1 }
        elements[next] = element
        return next
    }

    mutating func remove(_ number: Int) -> Element? { elements.removeValue(forKey: number) }
}
