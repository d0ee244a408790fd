import Testing

@testable import CIM

/// Each rule of DSP0004 that a declaration can break, and where the violation points.
@Suite struct SchemaRuleTests {
    private func violations(
        _ declared: CIMClass, after classes: [CIMClass] = [Schema.element, Schema.system, Schema.setting, Schema.hosts]
    ) -> [String] {
        var repository = Schema.bare
        for other in classes { precondition(repository.add(other).isEmpty) }
        return repository.add(declared).map { "\($0.code) \($0.element)" }
    }

    private func property(_ name: CIMName, _ type: CIMType = .string, _ qualifiers: CIMQualifier...) -> CIMClass {
        CIMClass(
            name: "T_X", superclass: "T_System",
            properties: [CIMProperty(name: name, type: type, qualifiers: qualifiers)])
    }

    @Test func everyViolationIsReportedNotOnlyTheFirst() {
        let broken = CIMClass(
            name: "T_X", superclass: "T_Nothing", qualifiers: [Schema.boolean("Bogus"), Schema.boolean("Key")],
            properties: [
                CIMProperty(name: "A", type: .uint8, defaultValue: .string("x")),
                CIMProperty(name: "a", type: .uint8),
            ])
        #expect(
            violations(broken) == [
                "unknownSuperclass T_X", "undeclaredQualifier T_X[Bogus]", "qualifierScope T_X[Key]",
                "defaultValue T_X.A", "duplicateProperty T_X.a",
            ])
    }

    @Test func aRepetitionIsToldFromTheFirst() {
        var repository = Schema.bare
        let twice = CIMClass(
            name: "T_X", qualifiers: [Schema.string("Description", "a"), Schema.string("description", "b")])
        let found = repository.add(twice)
        #expect(found.map(\.code) == [.duplicateQualifier])
        #expect(found.first?.element.occurrence == 1)
    }

    @Test func aClassIsDeclaredOnceAndUnderAnotherClass() {
        #expect(violations(Schema.system) == ["duplicateClass T_System"])
        #expect(violations(CIMClass(name: "T_X", superclass: "T_X")) == ["unknownSuperclass T_X"])
        let terminal = CIMClass(name: "T_End", qualifiers: [Schema.boolean("Terminal")])
        #expect(violations(CIMClass(name: "T_X", superclass: "T_End"), after: [terminal]) == ["terminalSuperclass T_X"])
    }

    @Test func associationsDeriveFromAssociationsOnly() {
        let association = CIMClass(
            name: "T_X", superclass: "T_Element", qualifiers: [Schema.boolean("Association")],
            properties: Schema.hosts.properties)
        #expect(violations(association) == ["superclassKind T_X"])
        #expect(violations(CIMClass(name: "T_X", superclass: "T_Hosts")) == [])
    }

    @Test func anAssociationNeedsTwoReferencesAndNothingElseHasAny() {
        let one = CIMClass(
            name: "T_X", qualifiers: [Schema.boolean("Association")], properties: [Schema.hosts.properties[0]])
        #expect(violations(one) == ["tooFewReferences T_X"])
        let stray = CIMClass(
            name: "T_X", properties: [CIMProperty(name: "R", type: .reference, referenceClass: "T_System")])
        #expect(violations(stray) == ["referenceOutsideAssociation T_X.R"])
        let many = CIMClass(
            name: "T_X", superclass: "T_Hosts",
            properties: [CIMProperty(name: "R", type: .reference, isArray: true, referenceClass: "T_System")])
        #expect(violations(many) == ["referenceDeclaration T_X.R"])
    }

    @Test func aQualifierValueHasTheDeclaredType() {
        let number = CIMQualifier(name: "MaxLen", type: .string, value: .string("9"))
        #expect(violations(property("P", .string, number)) == ["qualifierValue T_X.P[MaxLen]"])
        let scalar = CIMQualifier(name: "Values", type: .string, value: .string("9"))
        #expect(violations(property("P", .string, scalar)) == ["qualifierValue T_X.P[Values]"])
    }

    @Test func aQualifierStandsInItsScope() {
        let method = CIMMethod(name: "M", returnType: .uint32, qualifiers: [Schema.boolean("Key")])
        #expect(violations(CIMClass(name: "T_X", methods: [method])) == ["qualifierScope T_X.M[Key]"])
        let parameter = CIMParameter(name: "P", type: .string, qualifiers: [Schema.boolean("Key")])
        let taking = CIMMethod(name: "M", returnType: .uint32, parameters: [parameter])
        #expect(violations(CIMClass(name: "T_X", methods: [taking])) == ["qualifierScope T_X.M(P)[Key]"])
    }

    @Test func disableOverrideForbidsAnotherValueButNotTheSame() {
        let same = property("Name", .string, Schema.override("Name"), Schema.boolean("Key"))
        #expect(violations(same) == [])
        let other = property("Name", .string, Schema.override("Name"), Schema.boolean("Key", false))
        #expect(violations(other) == ["qualifierNotOverridable T_X.Name[Key]"])
    }

    @Test func redeclaringNeedsOverrideAndOverrideNeedsATarget() {
        #expect(violations(property("Since", .datetime)) == ["overrideMissing T_X.Since"])
        #expect(violations(property("New", .string, Schema.override("New"))) == ["overrideTarget T_X.New[Override]"])
        #expect(
            violations(property("Since", .datetime, Schema.override("Name"))) == [
                "overrideTarget T_X.Since[Override]"
            ])
        #expect(violations(property("Since", .datetime, Schema.override("T_System.Since"))) == [])
        #expect(
            violations(property("Since", .datetime, Schema.override("T_Hosts.Since"))) == [
                "overrideTarget T_X.Since[Override]"
            ])
    }

    @Test func anOverrideKeepsTheType() {
        #expect(violations(property("Since", .string, Schema.override("Since"))) == ["overrideType T_X.Since"])
        let longer = CIMClass(
            name: "T_X", superclass: "T_System",
            properties: [
                CIMProperty(
                    name: "Slots", type: .uint8, isArray: true, arraySize: 3, qualifiers: [Schema.override("Slots")])
            ])
        #expect(violations(longer) == ["overrideType T_X.Slots"])
    }

    @Test func aReferenceIsNarrowedOnly() {
        func narrowed(to name: CIMName) -> CIMClass {
            CIMClass(
                name: "T_X", superclass: "T_Hosts",
                properties: [
                    CIMProperty(
                        name: "Dependent", type: .reference, referenceClass: name,
                        qualifiers: [Schema.override("Dependent")])
                ])
        }
        #expect(violations(narrowed(to: "T_System")) == [])
        #expect(violations(narrowed(to: "T_Setting")) == ["overrideType T_X.Dependent"])
    }

    @Test func aMethodOverrideKeepsTheSignature() {
        func reset(_ parameters: CIMParameter..., returning type: CIMType = .uint32) -> CIMClass {
            CIMClass(
                name: "T_X", superclass: "T_System",
                methods: [
                    CIMMethod(
                        name: "Reset", returnType: type, parameters: parameters, qualifiers: [Schema.override("Reset")])
                ])
        }
        let force = CIMParameter(name: "Force", type: .boolean)
        #expect(violations(reset(force)) == [])
        #expect(violations(reset()) == ["overrideSignature T_X.Reset"])
        #expect(violations(reset(force, force)) == ["duplicateParameter T_X.Reset(Force)"])
        #expect(violations(reset(force, returning: .string)) == ["overrideSignature T_X.Reset"])
        #expect(violations(reset(CIMParameter(name: "Force", type: .uint8))) == ["overrideSignature T_X.Reset"])
    }

    @Test func keysAreNotAddedBelowKeysAndAreScalars() {
        #expect(violations(property("Extra", .string, Schema.boolean("Key"))) == ["addedKey T_X.Extra"])
        let first = CIMClass(
            name: "T_X", superclass: "T_Element",
            properties: [
                CIMProperty(
                    name: "InstanceID", type: .string,
                    qualifiers: [Schema.boolean("Key"), Schema.override("InstanceID")])
            ])
        #expect(violations(first) == [])
        let array = CIMClass(
            name: "T_X",
            properties: [CIMProperty(name: "K", type: .string, isArray: true, qualifiers: [Schema.boolean("Key")])])
        #expect(violations(array) == ["keyType T_X.K"])
    }

    @Test func qualifiersFitWhatTheyDescribe() {
        #expect(
            violations(property("P", .uint8, Schema.string("EmbeddedInstance", "T_Setting"))) == [
                "embeddedType T_X.P"
            ])
        let uneven = property(
            "P", .string, Schema.strings("ValueMap", ["1", "2"]), Schema.strings("Values", ["One"]))
        #expect(violations(uneven) == ["valueMap T_X.P"])
    }

    @Test func declarationsAreWellFormed() {
        let sized = CIMProperty(name: "A", type: .uint8, isArray: true, arraySize: 0)
        let scalar = CIMProperty(name: "B", type: .uint8, arraySize: 2)
        let loose = CIMProperty(name: "C", type: .string, referenceClass: "T_System")
        let long = CIMProperty(
            name: "D", type: .uint8, isArray: true, arraySize: 1, defaultValue: .array(.uint8, [.uint8(1), nil]))
        #expect(
            violations(CIMClass(name: "T_X", properties: [sized, scalar, loose, long])) == [
                "arrayDeclaration T_X.A", "arrayDeclaration T_X.B", "referenceDeclaration T_X.C", "defaultValue T_X.D",
            ])
        let method = CIMMethod(name: "M", returnType: .reference)
        #expect(
            violations(CIMClass(name: "T_X", methods: [method, method])) == [
                "returnType T_X.M", "duplicateMethod T_X.M",
            ])
    }

    @Test func aQualifierTypeIsDeclaredOnceAndWellFormed() {
        var repository = Schema.bare
        let key = Schema.qualifierTypes[4]
        #expect(repository.declare(key).map(\.code) == [.duplicateQualifierType])
        let odd = CIMQualifierType(
            name: "Odd", type: .reference, isArray: false, arraySize: 3, defaultValue: .boolean(true), scopes: [])
        #expect(repository.declare(odd).map(\.code) == Array(repeating: .qualifierTypeDeclaration, count: 4))
        #expect(repository.qualifierType("Odd") == nil)
        #expect(repository.qualifierTypes == Schema.qualifierTypes)
        #expect(repository.qualifierType("KEY") == key)
    }

    @Test func aReferenceMayNameALaterClassButNotNone() {
        var repository = Schema.bare
        let early = CIMClass(
            name: "T_Early", qualifiers: [Schema.boolean("Association")],
            properties: [
                CIMProperty(name: "A", type: .reference, referenceClass: "T_Late"),
                CIMProperty(name: "B", type: .reference, referenceClass: "T_Never"),
                CIMProperty(name: "C", type: .string, qualifiers: [Schema.string("EmbeddedInstance", "T_Gone")]),
            ],
            methods: [
                CIMMethod(
                    name: "M", returnType: .uint32,
                    parameters: [CIMParameter(name: "P", type: .reference, referenceClass: "T_None")])
            ])
        #expect(repository.add(early) == [])
        #expect(repository.add(CIMClass(name: "T_Late")) == [])
        #expect(
            repository.danglingReferences().map { "\($0.code) \($0.element)" } == [
                "unknownReferenceClass T_Early.B", "unknownEmbeddedClass T_Early.C[EmbeddedInstance]",
                "unknownReferenceClass T_Early.M(P)",
            ])
    }

    @Test func narrowingToALaterClassIsJudgedAtTheEnd() {
        var repository = Schema.whole
        let narrowed = CIMClass(
            name: "T_X", superclass: "T_Hosts",
            properties: [
                CIMProperty(
                    name: "Dependent", type: .reference, referenceClass: "T_Later",
                    qualifiers: [Schema.override("Dependent")])
            ])
        #expect(repository.add(narrowed) == [])
        #expect(repository.add(CIMClass(name: "T_Later")) == [])
        #expect(repository.danglingReferences().map(\.code) == [.overrideType])
    }

    @Test func aFlawedClassMayBeKeptSoThatItsSubclassesAreExamined() {
        var repository = Schema.bare
        let flawed = CIMClass(name: "T_A", superclass: "T_Gone", properties: [CIMProperty(name: "P", type: .uint8)])
        #expect(repository.addDespiteViolations(flawed).map(\.code) == [.unknownSuperclass])
        let below = CIMClass(name: "T_B", superclass: "T_A", properties: [CIMProperty(name: "P", type: .uint8)])
        #expect(repository.add(below).map(\.code) == [.overrideMissing])
    }

    @Test func flawedClassesThatDeriveFromEachOtherMakeNoCircle() {
        var repository = Schema.bare
        #expect(!repository.addDespiteViolations(CIMClass(name: "T_Self", superclass: "T_Self")).isEmpty)
        #expect(!repository.addDespiteViolations(CIMClass(name: "T_A", superclass: "T_B")).isEmpty)
        #expect(repository.addDespiteViolations(CIMClass(name: "T_B", superclass: "T_A")).isEmpty)
        #expect(repository.superclasses(of: "T_Self") == [])
        #expect(repository.superclasses(of: "T_B") == ["T_A"])
        #expect(repository.subclasses(of: nil, deep: true) == ["T_Self", "T_A", "T_B"])
        #expect(!repository.isSubclass("T_A", of: "T_B"))
        #expect(repository.danglingReferences() == [])
    }
}
