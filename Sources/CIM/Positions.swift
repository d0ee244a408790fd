/// Where names stand in a list. Few names are searched for, which is quicker than a dictionary and takes no room; for
/// many there is one, so that no list is too long.
struct Positions: Sendable {
    private static let longestSearch = 32

    /// `nil` for a list that is searched.
    private var dictionary: [CIMName: Int]?

    init<Element>(of list: [Element], _ name: (Element) -> CIMName) {
        guard list.count > Self.longestSearch else { return }
        dictionary = Dictionary(
            list.enumerated().map { (name($1), $0) }, uniquingKeysWith: { first, _ in first })
    }

    func first<Element>(_ wanted: CIMName, in list: [Element], _ name: (Element) -> CIMName) -> Int? {
        if let dictionary { return dictionary[wanted] }
        return list.indices.first { name(list[$0]) == wanted }
    }

    /// Takes account of an element that has been appended to the list.
    mutating func append<Element>(to list: [Element], _ name: (Element) -> CIMName) {
        if dictionary == nil {
            self = Positions(of: list, name)
        } else if let last = list.last, dictionary?[name(last)] == nil {
            dictionary?[name(last)] = list.count - 1
        }
    }
}
