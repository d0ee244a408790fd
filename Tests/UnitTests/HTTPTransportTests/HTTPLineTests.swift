import Testing

@testable import HTTPTransport

@Suite struct HTTPLineTests {
    @Test func whoComesFirstIsFirst() {
        var line = HTTPLine<String>()
        #expect(line.first == nil)
        let numbers = ["a", "b", "c", "d"].map { line.append($0) }
        #expect(line.first == "a")
        #expect(line.remove(numbers[1]) == "b")
        #expect(line.remove(numbers[1]) == nil)
        #expect(line.remove(numbers[0]) == "a")
        #expect(line.first == "c")
        #expect(line.remove(numbers[3]) == "d")
        #expect(line.remove(numbers[2]) == "c")
        #expect(line.isEmpty)
        #expect(line.first == nil)
        _ = line.append("e")
        #expect(line.first == "e")
    }

    /// Against an array that does the same in the plain way.
    @Test func itIsALineWhateverHappens() {
        var random = SystemRandomNumberGenerator()
        var line = HTTPLine<Int>()
        var expected: [(number: Int, element: Int)] = []
        for element in 0..<10_000 {
            if Bool.random(using: &random) || expected.isEmpty {
                expected.append((line.append(element), element))
            } else {
                let gone = expected.remove(at: expected.indices.randomElement(using: &random) ?? 0)
                #expect(line.remove(gone.number) == gone.element)
            }
            #expect(line.first == expected.first?.element)
            #expect(line.isEmpty == expected.isEmpty)
        }
    }
}
