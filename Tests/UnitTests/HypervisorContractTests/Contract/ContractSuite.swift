import Testing

/// What every implementation of `Hypervisor` must do alike. The suites in this folder run once per fixture in
/// `ContractFixtureKind.all`; nothing in them knows which one it is.
@Suite("The hypervisor's contract", .serialized)
enum ContractSuite {}
