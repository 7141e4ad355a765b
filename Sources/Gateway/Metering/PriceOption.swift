import JSON

/// The decoded text of an option that holds prices: a JSON object of names and numbers.
///
/// A value that is no price is ignored, and the others are used. The reason is that one-api's own table has
/// `"openrouter/auto": -500000`, and that its page saves the whole table at every edit.
package struct PriceOption: Sendable, Equatable {
    package let ratios: [String: Ratio]
    /// The names whose values are ignored, sorted.
    package let ignored: [String]

    /// - Parameter option: the option's name, for messages.
    /// - Throws: if the text is not a JSON object, or has names but no usable value.
    package init(_ option: String, _ text: String) throws(PriceError) {
        let value: JSON
        do throws(JSONError) { value = try JSON.parse(Array(text.utf8)) } catch {
            throw PriceError(message: "\(option) is not valid JSON: \(error.message)")
        }
        guard let object = value.object else {
            throw PriceError(message: "\(option) must be a JSON object of names and numbers.")
        }
        var ratios: [String: Ratio] = [:]
        var ignored: Set<String> = []
        // A name may occur twice. Its last value counts.
        for member in object.members {
            if case .number(let number) = member.value, let ratio = Ratio(decimal: number.text) {
                ratios[member.key] = ratio
                ignored.remove(member.key)
            } else {
                ratios[member.key] = nil
                ignored.insert(member.key)
            }
        }
        self.ratios = ratios
        self.ignored = ignored.sorted()
        if ratios.isEmpty, let name = self.ignored.first {
            throw PriceError(message: "\(option): the value of \"\(name)\" must be a number from 0 to a billion.")
        }
    }
}

/// An option that does not hold prices.
package struct PriceError: Error, Equatable {
    package let message: String
}
