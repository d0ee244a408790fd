// swift-tools-version: 6.2
import PackageDescription

// A target exists where the compiler must forbid something (a C library, I/O, `async`) or where two
// unrelated rooms share it; docs/modules.md has a paragraph for each. Arrows point up: a target
// imports only targets named above it.

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error), .enableUpcomingFeature("ExistentialAny")]
let strictC: [CSetting] = [.treatAllWarnings(as: .error)]

func room(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(name: name, dependencies: dependencies, path: "Tests/UnitTests/\(name)", swiftSettings: strict)
}

let nioCore = Target.Dependency.product(name: "NIOCore", package: "swift-nio")
let nioPosix = Target.Dependency.product(name: "NIOPosix", package: "swift-nio")
let nioHTTP1 = Target.Dependency.product(name: "NIOHTTP1", package: "swift-nio")
let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
let arguments = Target.Dependency.product(name: "ArgumentParser", package: "swift-argument-parser")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals = Target.Dependency.product(name: "UnixSignals", package: "swift-service-lifecycle")
let trees = Target.Dependency.product(name: "HashTreeCollections", package: "swift-collections")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let yams = Target.Dependency.product(name: "Yams", package: "Yams")
let subprocess = Target.Dependency.product(name: "Subprocess", package: "swift-subprocess")

let package = Package(
    name: "migrationd",
    dependencies: [
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/apple/swift-collections", from: "1.6.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
        .package(url: "https://github.com/jpsim/Yams", from: "6.2.2"),
        .package(url: "https://github.com/swiftlang/swift-subprocess", from: "1.0.2"),
    ],
    targets: [
        .systemLibrary(name: "CLibvirt", pkgConfig: "libvirt", providers: [.apt(["libvirt-dev"])]),
        .systemLibrary(name: "CLibXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        .executableTarget(name: "confine", cSettings: strictC),
        room("XML", ["CLibXML2"]),
        room("CIM"),
        room("MOF", ["CIM"]),
        room("CIMXML", ["CIM", "XML"]),
        room("HypervisorAPI", ["XML"]),
        room("LibvirtHypervisor", ["CLibvirt", "HypervisorAPI", "XML"]),
        room("FakeHypervisor", ["HypervisorAPI", "XML", yams, nioCore, nioPosix]),
        room("ProgramRunner", [subprocess]),
        room("MigrationLogic", ["HypervisorAPI", trees]),
        room("Journal", ["HypervisorAPI", "MigrationLogic", grdb]),
        room("MigrationDriver", ["MigrationLogic", "Journal", "ProgramRunner", "HypervisorAPI", logging]),
        room("HTTPTransport", [nioCore, nioPosix]),
        room("WBEMClient", ["CIM", "CIMXML", "XML", "HTTPTransport"]),
        room("WBEMServer", ["CIM", "CIMXML", "XML", "HTTPTransport", logging]),
        room("MigrationProviders", ["CIM", "WBEMServer", "MigrationDriver", "MigrationLogic", "HypervisorAPI"]),
        room("Settings", [yams]),
        room(
            "Daemon",
            [
                "CIM", "CIMXML", "FakeHypervisor", "HTTPTransport", "HypervisorAPI", "Journal", "LibvirtHypervisor",
                "MOF", "MigrationDriver", "MigrationLogic", "MigrationProviders", "ProgramRunner", "Settings",
                "WBEMServer", "XML", logging, lifecycle, signals,
            ]),
        room("Commands", ["CIM", "Daemon", "Settings", "WBEMClient", arguments, logging]),
        .executableTarget(name: "migrationd", dependencies: ["Commands"], swiftSettings: strict),
        // What `make bench` compares the socket with.
        .executableTarget(
            name: "bench-nio-peer", dependencies: [nioCore, nioHTTP1, nioPosix], path: "Tests/Benchmarks/NIOPeer",
            swiftSettings: strict),

        tests("CIMTests", ["CIM"]),
        tests("CIMXMLTests", ["CIM", "CIMXML", "XML"]),
        tests("HTTPTransportTests", ["HTTPTransport"]),
        tests("HypervisorAPITests", ["HypervisorAPI"]),
        tests("HypervisorContractTests", ["FakeHypervisor", "HypervisorAPI", "LibvirtHypervisor"]),
        tests("JournalTests", ["HypervisorAPI", "Journal", "MigrationLogic", grdb]),
        tests("MOFTests", ["CIM", "MOF"]),
        tests(
            "MigrationDriverTests",
            [
                "FakeHypervisor", "HypervisorAPI", "Journal", "MigrationDriver", "MigrationLogic", "ProgramRunner",
                logging,
            ]),
        tests("MigrationLogicTests", ["HypervisorAPI", "MigrationLogic"]),
        tests("ProgramRunnerTests", ["ProgramRunner"]),
        tests("SettingsTests", ["Daemon", "HypervisorAPI", "Settings"]),
        tests("WBEMClientTests", ["CIM", "CIMXML", "HTTPTransport", "WBEMClient"]),
        tests("WBEMServerTests", ["CIM", "CIMXML", "HTTPTransport", "WBEMServer", "XML", logging]),
        tests("XMLTests", ["XML"]),
    ],
    swiftLanguageModes: [.v6]
)
