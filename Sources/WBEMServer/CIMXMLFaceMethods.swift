import CIM
import CIMXML

/// A call of a method: its arguments taken from the message, its outcome put into one. Source: DSP0200 5.3.3.
struct ExtrinsicOperation {
    let call: CIMXML.MethodCall
    let manager: ObjectManager
    let caller: Caller

    func result() async -> Result<MethodResult, CIMError> {
        do throws(CIMError) {
            return .success(try await invoke())
        } catch {
            return .failure(error)
        }
    }

    private func invoke() async throws(CIMError) -> MethodResult {
        guard let namespace = call.target.namespace else {
            throw CIMError(.invalidNamespace, "The target of \(call.name) has no namespace.")
        }
        try manager.served(namespace)
        let received = try call.arguments.map { (argument) throws(CIMError) in
            ReceivedParameter(name: argument.name, content: try content(of: argument))
        }
        let outcome = try await manager.invokeMethod(
            call.name, on: call.target, in: namespace, received, caller: caller)
        // A client may not count on NULL arguments being sent, and wbemcli crashes when they are.
        let arguments = outcome.outputs.compactMap { output in
            output.value.map { CIMXMLArgument(output.name, $0.qualified(with: namespace), type: output.type) }
        }
        return MethodResult(
            outcome.returnValue.map { CIMXMLTypedItem($0, type: $0.type) }, outParameters: arguments)
    }

    private func content(of argument: CIMXMLArgument) throws(CIMError) -> ReceivedParameter.Content {
        let content = argument.content
        if content.type == nil, content.embedding == nil {
            switch content.item {
            case .value(let text): return .text(text)
            case .valueArray(let texts): return texts.isEmpty ? .empty(isArray: true) : .texts(texts)
            default: break
            }
        }
        do throws(CIMError) {
            return try content.value().map(ReceivedParameter.Content.typed) ?? .empty(isArray: false)
        } catch {
            throw CIMError(error.code, "Parameter \(argument.name): \(error.message).")
        }
    }
}

extension CIMValue {
    /// References without a namespace get the one they were relative to: clients keep them beyond this exchange.
    fileprivate func qualified(with namespace: CIMNamespace) -> CIMValue {
        switch self {
        case .reference(var path):
            if path.namespace == nil { path.namespace = namespace }
            return .reference(path)
        case .array(.reference, let elements):
            return .array(.reference, elements.map { $0?.qualified(with: namespace) })
        default: return self
        }
    }
}
