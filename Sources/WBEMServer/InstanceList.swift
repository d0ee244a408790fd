import CIM

/// Instances that are made when they are asked for: a snapshot of what they are made from, and how.
///
/// An enumeration of many guests or jobs so costs the memory of one instance at a time, and a pulled one (DSP0200 5.4)
/// goes on from where it was, over what there was when it was opened.
package struct InstanceList: RandomAccessCollection, Sendable {
    package let count: Int
    private let make: @Sendable (Int) -> CIMInstance

    /// - Parameter make: gives the instance for an element; called again for each time that it is asked for.
    package init<Elements: RandomAccessCollection & Sendable>(
        _ elements: Elements, _ make: @escaping @Sendable (Elements.Element) -> CIMInstance
    ) where Elements.Index == Int {
        count = elements.count
        let first = elements.startIndex
        self.make = { make(elements[first + $0]) }
    }

    package init(_ instances: [CIMInstance]) { self.init(instances) { $0 } }

    package var startIndex: Int { 0 }
    package var endIndex: Int { count }
    package subscript(position: Int) -> CIMInstance { make(position) }
}

extension InstanceList: ExpressibleByArrayLiteral {
    package init(arrayLiteral instances: CIMInstance...) { self.init(instances) }
}
