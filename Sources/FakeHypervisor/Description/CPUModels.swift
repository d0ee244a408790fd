/// The CPU models that the simulated hosts know, each with its features. A model's features are those that
/// matter to people who move guests between generations, not the full list of a real one.
package enum CPUModels {
    package static let names = generations.map(\.name)

    /// `nil` when the model is unknown.
    static func features(of model: String) -> Set<String>? {
        guard let place = generations.firstIndex(where: { $0.name == model }) else { return nil }
        return generations[...place].reduce(into: []) { $0.formUnion($1.adds) }
    }

    /// `nil` when the model is unknown.
    static func features(of cpu: CPUDescription) -> Set<String>? {
        features(of: cpu.model)?.union(cpu.features)
    }

    /// Each offers what the ones before it offer, and more.
    private static let generations: [(name: String, adds: Set<String>)] = [
        ("qemu64", ["cx16", "lahf_lm", "svm"]),
        ("Nehalem", ["popcnt", "sse4.1", "sse4.2", "ssse3"]),
        ("Westmere", ["aes", "pclmuldq"]),
        ("SandyBridge", ["avx", "tsc-deadline", "x2apic", "xsave"]),
        ("IvyBridge", ["erms", "f16c", "fsgsbase", "rdrand", "smep"]),
        ("Haswell", ["avx2", "bmi1", "bmi2", "fma", "invpcid", "movbe"]),
        ("Broadwell", ["3dnowprefetch", "adx", "rdseed", "smap"]),
        ("Skylake-Client", ["arat", "xgetbv1", "xsavec"]),
        ("Skylake-Server", ["avx512bw", "avx512cd", "avx512dq", "avx512f", "avx512vl", "clwb", "pku"]),
        ("Cascadelake-Server", ["avx512vnni", "spec-ctrl", "ssbd"]),
        ("Icelake-Server", ["avx512vbmi", "gfni", "la57", "sha-ni", "umip", "vaes"]),
    ]
}
