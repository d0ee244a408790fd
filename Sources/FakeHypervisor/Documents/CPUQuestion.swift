import HypervisorAPI
import XML

/// A domain's `<cpu>` element, and whether a host can provide it.
struct CPUQuestion {
    private let request: CPUComparisonRequest
    private let element: XMLElement

    /// - Throws: libvirt's error for XML that is no `<cpu>` element.
    init(_ request: CPUComparisonRequest) throws(Refusal) {
        self.request = request
        do { element = try XMLElement(parsing: Array(request.cpuXML.utf8)) } catch {
            throw Refusal(.invalidArgument, 27, "XML error: \(error)")
        }
        guard element.name == "cpu" else {
            throw Refusal(.invalidArgument, 27, "XML error: XML does not contain expected 'cpu' element")
        }
    }

    func answer(by host: HostState) throws(Refusal) -> CPUComparison {
        guard request.architecture == host.description.architecture else {
            return .incompatible(reason: "CPU arch \(request.architecture) does not match host arch")
        }
        guard host.description.virtualizationTypes.contains(request.virtualizationType) else {
            throw .unsupported("virt type '\(request.virtualizationType)'", emulator: host.emulator)
        }
        guard let model = element.first("model")?.text, !model.isEmpty else { return .superset }
        guard CPUModels.features(of: model) != nil else {
            throw Refusal(.internalError, 1, "internal error: Unknown CPU model \(model)")
        }
        let required = element.all("feature").filter { ($0["policy"] ?? "require") == "require" }
        let wanted = CPUDescription(model: model, features: required.compactMap { $0["name"] })
        let missing = host.missingFeatures(for: wanted)
        guard missing.isEmpty else {
            return .incompatible(
                reason: "guest CPU doesn't match specification: missing features: \(missing.joined(separator: ","))")
        }
        return CPUModels.features(of: wanted) == CPUModels.features(of: host.description.cpu) ? .identical : .superset
    }
}
