import CIM

/// One run of the compiler: turns what the parser reads into declarations, and problems into diagnostics.
struct Compilation {
    /// The number of a text among those of this run.
    typealias TextID = Int

    struct DeclaredClass {
        let text: TextID
        let syntax: ClassSyntax
    }

    struct DeclaredInstance {
        let text: TextID
        let syntax: InstanceSyntax
    }

    /// More than this is no list that someone reads, but a file that is no MOF.
    static let maximumDiagnostics = 1000
    /// The same for a text that a client sent: its answer is one message.
    static let maximumEmbeddedDiagnostics = 20
    static let maximumIncludeDepth = 32

    var repository: ClassRepository
    let readInclude: MOFCompiler.IncludeReader
    private(set) var diagnostics: [MOFDiagnostic] = []
    private(set) var texts: [SourceText] = []
    var namespace: CIMNamespace?
    var instances: [CIMInstance] = []
    /// The declarations of this run, for errors that are found later.
    var classes: [CIMName: DeclaredClass] = [:]
    var qualifierTypes: [CIMName: (text: TextID, range: Range<Int>)] = [:]
    var pendingInstances: [DeclaredInstance] = []
    var aliases: [CIMName: Alias] = [:]
    /// How deep the instance being made is embedded in others.
    var embeddingDepth = 0
    private let diagnosticBound: Int
    private var openFiles: [String] = []

    init(
        repository: ClassRepository, readInclude: @escaping MOFCompiler.IncludeReader,
        diagnosticBound: Int = maximumDiagnostics
    ) {
        self.repository = repository
        self.readInclude = readInclude
        self.diagnosticBound = diagnosticBound
    }

    /// Too many errors to go on.
    var isFull: Bool { diagnostics.count >= diagnosticBound }

    // MARK: Reading

    mutating func read(_ source: MOFSource) {
        let id = open(source)
        openFiles.append(source.file)
        defer { openFiles.removeLast() }
        var parser = Parser(texts[id])
        while let production = parser.nextProduction() {
            report(parser.takeProblems(), in: id)
            handle(production, in: id)
            if isFull { return }
        }
        report(parser.takeProblems(), in: id)
    }

    /// Makes a text one of this run.
    mutating func open(_ source: MOFSource) -> TextID {
        let (text, problem) = SourceText.decode(source)
        texts.append(text)
        let id = texts.count - 1
        if let problem { report([problem], in: id) }
        return id
    }

    private mutating func handle(_ production: ProductionSyntax, in text: TextID) {
        switch production {
        case .pragma(let pragma): obey(pragma, in: text)
        case .qualifierType(let syntax): declare(syntax, in: text)
        case .classDeclaration(let syntax): declare(syntax, in: text)
        case .instance(let syntax): enter(syntax, in: text)
        }
    }

    /// What can be judged only when everything has been read.
    mutating func finish() {
        makeInstances()
        guard !isFull else { return }
        for violation in repository.danglingReferences() {
            // What another run declared is not this one's to report.
            guard let name = violation.element.className, let declared = classes[name] else { continue }
            let range = declared.syntax.referenceRange(of: violation) ?? declared.syntax.range(of: violation.element)
            report(violation, at: range, in: declared.text)
        }
    }

    // MARK: Pragmas

    private mutating func obey(_ pragma: PragmaSyntax, in text: TextID) {
        guard let parameter = pragma.parameter else { return }
        switch pragma.name.value {
        case "include": include(parameter, in: text)
        case "namespace": enterNamespace(parameter, in: text)
        default: break
        }
    }

    private mutating func include(_ file: Located<String>, in text: TextID) {
        if openFiles.count >= Self.maximumIncludeDepth {
            return report(.limit, at: file.range, in: text, "files include each other too deep here")
        }
        switch readInclude(file.value, texts[text].file) {
        case .unreadable(let reason):
            report(.include, at: file.range, in: text, "can't include \"\(file.value)\": \(reason)")
        case .source(let source):
            if openFiles.contains(source.file) {
                let chain = openFiles.drop { $0 != source.file } + [source.file]
                return report(
                    .include, at: file.range, in: text,
                    "a file can't include itself: \(chain.joined(separator: " includes "))")
            }
            read(source)
        }
    }

    private mutating func enterNamespace(_ name: Located<String>, in text: TextID) {
        guard let new = CIMNamespace(name.value) else {
            return report(
                .namespace, at: name.range, in: text,
                "\"\(name.value)\" is no namespace: expected names separated by \"/\", as in root/cimv2")
        }
        if let namespace, namespace != new {
            return report(
                .namespace, at: name.range, in: text,
                "this compilation is for namespace \(namespace) already; compile the declarations for \(new) apart")
        }
        namespace = new
    }

    // MARK: Diagnostics

    mutating func report(
        _ code: MOFDiagnostic.Code, at range: Range<Int>, in text: TextID, _ message: String,
        notes: [MOFDiagnostic.Note] = []
    ) {
        guard !isFull else { return }
        let place = MOFDiagnostic.Place(range, in: texts[text])
        if diagnostics.count == diagnosticBound - 1 {
            diagnostics.append(
                MOFDiagnostic(code: .limit, place: place, message: "too many errors: reading stops here", notes: []))
            return
        }
        diagnostics.append(MOFDiagnostic(code: code, place: place, message: message, notes: notes))
    }

    mutating func report(_ problems: [Problem], in text: TextID) {
        for problem in problems { report(problem.code, at: problem.range, in: text, problem.message) }
    }

    mutating func report(
        _ violation: SchemaViolation, at range: Range<Int>, in text: TextID, notes: [MOFDiagnostic.Note] = []
    ) {
        report(.schema(violation.code), at: range, in: text, violation.message, notes: notes)
    }

    func note(_ message: String, at range: Range<Int>, in text: TextID) -> MOFDiagnostic.Note {
        MOFDiagnostic.Note(place: MOFDiagnostic.Place(range, in: texts[text]), message: message)
    }
}
