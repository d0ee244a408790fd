import CIM

/// One run of the compiler. Reading collects what the texts declare, namespace by namespace; then the declarations
/// are made in the order in which they need each other: qualifier types, classes, instances.
struct Compilation {
    /// The number of a text among those of this run.
    typealias TextID = Int

    struct Declared<Syntax: Sendable>: Sendable {
        let text: TextID
        let syntax: Syntax
    }

    /// A namespace, and what this run has read for it.
    struct Room {
        var contents: MOFCompiler.Contents
        var qualifierTypes: [Declared<QualifierTypeSyntax>] = []
        var classes: [Declared<ClassSyntax>] = []
        var instances: [Declared<InstanceSyntax>] = []
        /// Where each name is declared first among the above.
        var qualifierTypeNumbers: [CIMName: Int] = [:]
        var classNumbers: [CIMName: Int] = [:]
        var files: Set<String> = []
    }

    /// More than this of one text is no list that someone reads, but a file that is no MOF.
    static let maximumDiagnostics = 1000
    /// The same for a text that a client sent: its answer is one message.
    static let maximumEmbeddedDiagnostics = 20
    static let maximumIncludeDepth = 32

    let options: MOFOptions
    let readInclude: MOFCompiler.IncludeReader
    var log: DiagnosticLog
    var rooms: [Room]
    /// The number of the namespace that is being read or made.
    var current = 0
    /// Aliases are known in the text that was given, and in what it includes.
    var unit = 0
    var units: [TextID: Int] = [:]
    var aliases: [AliasKey: Alias] = [:]
    var aliasPaths: [AliasKey: AliasPath] = [:]
    /// Texts that were given, as long as nothing has read them.
    var waiting: [String: ParsedText] = [:]
    var openFiles: [String] = []
    /// How deep the instance being made is embedded in others.
    var embeddingDepth = 0

    init(
        contents: [MOFCompiler.Contents], options: MOFOptions, readInclude: @escaping MOFCompiler.IncludeReader,
        diagnosticBound: Int = maximumDiagnostics
    ) {
        self.options = options
        self.readInclude = readInclude
        self.log = DiagnosticLog(bound: diagnosticBound)
        self.rooms = contents.map { Room(contents: $0) }
    }

    var repository: ClassRepository { rooms[current].contents.repository }

    /// What has been found, text by text.
    func diagnostics() -> [MOFDiagnostic] { log.diagnostics() }

    /// What can be judged only when everything has been read.
    mutating func finish() {
        for number in rooms.indices {
            current = number
            if number > 0 { takeOverCommonDeclarations() }
            declareQualifierTypes()
            declareClasses()
            reportDanglingReferences()
        }
        for number in rooms.indices {
            current = number
            makeInstances()
        }
    }

    /// What stands outside any namespace is in a namespace that this run names first.
    private mutating func takeOverCommonDeclarations() {
        if rooms[current].contents.repository.isEmpty {
            rooms[current].contents.repository = rooms[0].contents.repository
        }
    }

    private mutating func reportDanglingReferences() {
        for violation in repository.danglingReferences(of: Set(rooms[current].classNumbers.keys)) {
            guard let name = violation.element.className, let declared = declaration(of: name) else { continue }
            let range = declared.syntax.referenceRange(of: violation) ?? declared.syntax.range(of: violation.element)
            report(violation, at: range, in: declared.text)
        }
    }

    /// How a class was first declared in the current namespace in this run, or outside any.
    func declaration(of name: CIMName) -> Declared<ClassSyntax>? {
        if let number = rooms[current].classNumbers[name] { return rooms[current].classes[number] }
        return rooms[0].classNumbers[name].map { rooms[0].classes[$0] }
    }

    // MARK: Diagnostics

    mutating func report(
        _ code: MOFDiagnostic.Code, at range: Range<Int>, in text: TextID, _ message: String,
        notes: [DiagnosticLog.Note] = []
    ) {
        log.add(.error, code, at: range, in: text, message, notes: notes)
    }

    /// Reports a rule that a lenient reader passes over: for that one a warning.
    mutating func tolerate(
        _ code: MOFDiagnostic.Code, at range: Range<Int>, in text: TextID, _ message: String,
        notes: [DiagnosticLog.Note] = []
    ) {
        log.add(options.isLenient ? .warning : .error, code, at: range, in: text, message, notes: notes)
    }

    mutating func report(_ problems: [Problem], in text: TextID) {
        for problem in problems {
            log.add(problem.isTolerated ? .warning : .error, problem.code, at: problem.range, in: text, problem.message)
        }
    }

    mutating func report(
        _ violation: SchemaViolation, at range: Range<Int>, in text: TextID, notes: [DiagnosticLog.Note] = []
    ) {
        tolerate(.schema(violation.code), at: range, in: text, violation.message, notes: notes)
    }

    func note(_ message: String, at range: Range<Int>, in text: TextID) -> DiagnosticLog.Note {
        DiagnosticLog.Note(text: text, range: range, message: message)
    }
}
