import HypervisorAPI
import Testing

/// A UUID made from a number.
func uuid(_ number: UInt64) throws -> DomainUUID {
    let digits = String(number)
    return try #require(DomainUUID("00000000-0000-4000-8000-" + String(repeating: "0", count: 12 - digits.count) + digits))
}

func fakeURI(_ text: String) throws -> HypervisorURI { try #require(HypervisorURI(text)) }
