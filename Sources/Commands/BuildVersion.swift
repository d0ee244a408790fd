/// The program's version. Source of truth for `--version`, the service instance and logs.
enum BuildVersion {
    static let text = "0.1.0"
}
