/// How a value is written: what is expected, how it is read, how it is shown.
package struct SettingsForm<Value: Sendable>: Sendable {
    /// To follow "expected": `an integer from 1 to 64`.
    package let expected: String
    package let parse: @Sendable (SettingsScalar) -> Result<Value, SettingsFault>
    /// The value as it would be written in the file.
    package let show: @Sendable (Value) -> String

    package init(
        expected: String, parse: @escaping @Sendable (SettingsScalar) -> Result<Value, SettingsFault>,
        show: @escaping @Sendable (Value) -> String
    ) {
        self.expected = expected
        self.parse = parse
        self.show = show
    }

    /// Text that means something.
    /// - Parameter meaning: `nil` when the text is not what is expected.
    package static func text(
        expected: String, _ meaning: @escaping @Sendable (String) -> Value?, show: @escaping @Sendable (Value) -> String
    ) -> SettingsForm {
        SettingsForm(
            expected: expected,
            parse: { scalar in
                if let fault = scalar.faultAsText(expected: expected) { return .failure(fault) }
                guard let value = meaning(scalar.text) else {
                    return .failure(SettingsFault(.invalid, "expected \(expected), \(scalar.found)"))
                }
                return .success(value)
            }, show: show)
    }
}

extension SettingsForm<String> {
    /// Text that is not empty and holds no control characters. What YAML may take for something else (`no`, `1.10`,
    /// `null`) needs quotes.
    package static let string = SettingsForm.text(expected: "text", { $0 }, show: { $0 })
}

extension SettingsForm<Bool> {
    /// `true` or `false`: `yes`, `on`, `True`, `"true"` and their like are refused.
    package static let boolean = SettingsForm(
        expected: "true or false",
        parse: { scalar in
            switch (scalar.text, scalar.style) {
            case ("true", .plain), ("true", .argument): .success(true)
            case ("false", .plain), ("false", .argument): .success(false)
            default: .failure(SettingsFault(.wrongType, "expected true or false, \(scalar.found)"))
            }
        }, show: { "\($0)" })
}

extension SettingsForm where Value: FixedWidthInteger {
    /// Plain decimal digits: no sign but the minus, no leading zeros, no underscores, fractions, exponents or bases.
    package static func integer(in range: ClosedRange<Value>) -> SettingsForm {
        let limits = "\(range.lowerBound) to \(range.upperBound)"
        let expected = "an integer from \(limits)"
        return SettingsForm(
            expected: expected,
            parse: { scalar in
                if let fault = scalar.faultAsInteger(expected: expected) { return .failure(fault) }
                guard let value = Value(scalar.text), range.contains(value) else {
                    let message = "\(scalar.text.quotedForMessage) is out of range; allowed is \(limits)"
                    return .failure(SettingsFault(.outOfRange, message))
                }
                return .success(value)
            }, show: { "\($0)" })
    }
}

extension SettingsForm<Duration> {
    /// A duration in whole seconds.
    package static func seconds(in range: ClosedRange<Int64>) -> SettingsForm {
        let number = SettingsForm<Int64>.integer(in: range)
        return SettingsForm(
            expected: number.expected, parse: { number.parse($0).map { .seconds($0) } },
            show: { "\($0.components.seconds)" })
    }
}

extension SettingsForm where Value: RawRepresentable & CaseIterable, Value.RawValue == String {
    /// One of an enumeration's raw values.
    package static var word: SettingsForm {
        let words = Value.allCases.map(\.rawValue)
        let list = words.joined(separator: ", ")
        return SettingsForm(
            expected: "one of \(list)",
            parse: { scalar in
                if scalar.isNull {
                    return .failure(SettingsFault(.wrongType, "expected one of \(list), \(scalar.found)"))
                }
                guard let value = Value(rawValue: scalar.text) else {
                    let hint = Nearest.hint(to: scalar.text, among: words)
                    let message = "\(scalar.text.quotedForMessage) is not one of \(list)\(hint)"
                    return .failure(SettingsFault(.notAllowed, message))
                }
                return .success(value)
            }, show: { $0.rawValue })
    }
}
