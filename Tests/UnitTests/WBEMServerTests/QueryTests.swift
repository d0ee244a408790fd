import CIM
import Testing
import WBEMServer

@Suite struct QueryTests {
    private func names(_ condition: String, _ language: String = "WQL") async throws -> [String] {
        let world = try World()
        world.boxes.fill("Grün [x]%", size: 5, tags: [])
        return try await world.manager.query(
            "SELECT * FROM W_Box WHERE \(condition)", language: language, in: World.here
        ).results.all().compactMap { $0.instance["Name"]?.stringValue }
    }

    @Test(
        arguments: [
            ("Name = 'a'", ["a"]), ("\"a\" = name", ["a"]), ("Size > 5", ["b", "big"]),
            ("5 <= Size", ["b", "Grün [x]%", "big"]),
            ("Size <> 20", ["a", "Grün [x]%", "big"]), ("Size != 20", ["a", "Grün [x]%", "big"]),
            ("Size < 1.5", ["a"]), ("Size = -1", []), ("Size = 99999999999999999999999", []),
            ("Name = 'a' OR Name = 'b' AND Size = 1", ["a"]), ("(Name = 'a' OR Name = 'b') AND Size = 20", ["b"]),
            ("NOT Size > 5", ["a", "Grün [x]%"]), ("NOT (Name = 'a' OR Size > 5)", ["Grün [x]%"]),
            ("Tags IS NULL", ["b", "big"]), ("Tags IS NOT NULL", ["a", "Grün [x]%"]),
            ("Note = NULL AND Size = 1", ["a"]),
            ("Note = 'x'", []), ("NOT Note = 'x'", []), ("Note = 'x' OR Size = 1", ["a"]), ("Note <> NULL", []),
            ("Name LIKE 'b%'", ["b", "big"]), ("Name LIKE '_'", ["a", "b"]),
            ("Name NOT LIKE '%i%'", ["a", "b", "Grün [x]%"]),
            ("Name LIKE '[a-b]'", ["a", "b"]), ("Name LIKE '[^a]'", ["b"]), ("Name LIKE 'GRÜN [[]%'", ["Grün [x]%"]),
            ("W_Box.Name = 'a'", ["a"]), ("__THIS ISA W_BigBox", ["big"]),
            ("W_Box ISA 'W_Element' AND Size = 1", ["a"]),
            ("__CLASS = 'w_bigbox'", ["big"]), ("__CLASS <> 'W_Box'", ["big"]), ("name = 'it\\'s'", []),
        ] as [(String, [String])])
    func conditionsAccept(condition: String, expected: [String]) async throws {
        #expect(try await names(condition) == expected, "\(condition)")
    }

    @Test(
        arguments: [
            ("", .invalidQuery, "the end"), ("Name", .invalidQuery, "a comparison"),
            ("Name =", .invalidQuery, "a string"),
            ("Name = 'a", .invalidQuery, "closing"), ("(Name = 'a'", .invalidQuery, "\")\""),
            ("Name = 'a' Size", .invalidQuery, "found \"Size\""), ("Nothing = 1", .invalidQuery, "no property"),
            ("Name = 5", .invalidQuery, "string"), ("Size = 'x'", .invalidQuery, "uint32"),
            ("Open > TRUE", .invalidQuery, "boolean"),
            ("Seen = 'yesterday'", .invalidQuery, "datetime"), ("Name LIKE '[a'", .invalidQuery, "bracket"),
            ("__THIS ISA No_Such", .invalidQuery, "no class"), ("Name ISA W_Box", .invalidQuery, "Name is not what"),
            ("W_Other.Name = 'a'", .invalidQuery, "W_Other is not what"),
            ("Size = 1..2", .invalidQuery, "not a number"),
            ("Size ; 1", .invalidQuery, "no meaning"), ("Note < NULL", .invalidQuery, "NULL"),
            ("Name = Note", .queryFeatureNotSupported, "another property"),
            ("Tags = 'x'", .queryFeatureNotSupported, "array"),
            ("UPPERCASE(Name) = 'A'", .queryFeatureNotSupported, "function"),
            ("Name = 'a' ORDER BY Name", .queryFeatureNotSupported, "ORDER"),
            ("ANY Tags = 'x'", .queryFeatureNotSupported, "ANY"),
            (String(repeating: "(", count: 100) + "Size = 1", .invalidQuery, "too deep"),
            (String(repeating: "NOT ", count: 100) + "Size = 1", .invalidQuery, "too deep"),
            (String(repeating: "Size = 1 OR ", count: 2000) + "Size = 1", .invalidQuery, "characters"),
        ] as [(String, CIMStatusCode, String)])
    func faultsSayWhatWasExpectedWhere(condition: String, status: CIMStatusCode, says: String) async throws {
        do {
            _ = try await names(condition)
            Issue.record("accepted: \(condition.prefix(80))")
        } catch let error as CIMError {
            #expect(error.code == status, "\(error)")
            #expect(error.message.contains(says), "\(error)")
        }
    }

    @Test func theDMTFsLanguageHasOtherPatterns() async throws {
        #expect(try await names("Size = 1", "dmtf:cql") == ["a"])
        await #expect(throws: CIMError(.queryFeatureNotSupported, "")) { try await names("Name LIKE 'a%'", "DMTF:CQL") }
    }

    @Test(arguments: [
        ("SELECT * FROM W_Box", "XQuery", CIMStatusCode.queryLanguageNotSupported),
        ("SELECT * FROM No_Such", "WQL", .invalidQuery), ("SELECT Odd FROM W_Box", "WQL", .invalidQuery),
        ("DELETE FROM W_Box", "WQL", .invalidQuery), ("SELECT FROM W_Box", "WQL", .invalidQuery),
        ("SELECT * FROM W_Box JOIN W_Many", "WQL", .queryFeatureNotSupported), ("", "WQL", .invalidQuery),
        ("SELECT COUNT(*) FROM W_Box", "WQL", .queryFeatureNotSupported),
    ])
    func statementsHaveTheirFaults(text: String, language: String, status: CIMStatusCode) async throws {
        await #expect(throws: CIMError(status, "")) {
            try await World().manager.query(text, language: language, in: World.here)
        }
    }

    @Test func aSelectionIsAPropertyList() async throws {
        let found = try await World().manager.query(
            "select Name, Size from W_Box where Kind is null", language: "WQL", in: World.here
        ).results.all()
        #expect(found.count == 3)
        #expect(found.allSatisfy { $0.instance.properties.map(\.name) == ["Name", "Size"] })
        #expect(found.last?.path.className == "W_BigBox")
    }

    @Test func execQueryAnswersObjectsWithTheirPaths() async throws {
        let items = try await World().face.items(
            Sent.intrinsic(
                "ExecQuery",
                Sent.flag("QueryLanguage", "WQL") + Sent.flag("Query", "SELECT * FROM W_Box WHERE Size = 1")))
        guard items.count == 1, case .objectWithPath(let path, .instance(let box)) = items[0] else {
            Issue.record("\(items)")
            return
        }
        #expect(path["Name"] == .string("a") && box["Size"] == .uint32(1))
    }
}
