import CIM
import CIMXML
import MOF
import WBEMServer

extension EmbeddedTextReader {
    /// CIM-XML's `INSTANCE` element, or MOF's `instance of` as older tools send it.
    static let xmlOrMOF = EmbeddedTextReader { text, repository throws(EmbeddedTextError) in
        let value: CIMValue
        do throws(CIMError) {
            value = try EmbeddedObject.decode(text) { mof throws(CIMError) in
                do { return try MOFCompiler(repository: repository).parseInstance(mof: mof) } catch {
                    throw CIMError(.invalidParameter, "\(error)")
                }
            }
        } catch {
            throw EmbeddedTextError(error.message)
        }
        guard let instance = value.instanceValue else { throw EmbeddedTextError("it is a class, not an instance") }
        return instance
    }
}
