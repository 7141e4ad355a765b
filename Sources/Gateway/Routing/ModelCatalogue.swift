import CPrices
package import JSON

/// The model names that the product knows, by owner and by channel type (Scripts/prices).
package enum ModelCatalogue {
    private static let lines: [(String, [String])] = {
        var length = 0
        let start = oneapi_catalogue(&length)
        let text = String(decoding: UnsafeRawBufferPointer(start: start, count: length), as: UTF8.self)
        return text.split(separator: "\n").compactMap { line in
            let halves = line.split(separator: "\t", omittingEmptySubsequences: false)
            guard halves.count == 2 else { return nil }
            return (String(halves[0]), halves[1].split(separator: ",").map(String.init))
        }
    }()

    /// Every name once, with its owner, in the catalogue's order.
    package static let models: [(name: String, owner: String)] = {
        var seen: Set<String> = []
        return lines.filter { !$0.0.hasPrefix("#") }.flatMap { owner, names in
            names.filter { seen.insert($0).inserted }.map { ($0, owner) }
        }
    }()

    private static let owners = Dictionary(models.map { ($0.name, $0.owner) }) { first, _ in first }

    package static func owner(of model: String) -> String? { owners[model] }

    /// Built-in models by channel type; the type is a number as text.
    package static let byType: [(type: String, models: [String])] = lines.filter { $0.0.hasPrefix("#") }
        .map { (String($0.0.dropFirst()), $0.1) }

    /// One entry of a model list in OpenAI's format, with the members that one-api's clients know.
    package static func entry(_ name: String) -> JSON {
        let owner = owners[name]
        return [
            "id": .string(name), "object": "model", "created": 1_626_777_600, "owned_by": .string(owner ?? "custom"),
            "permission": owner == nil ? .null : [permission], "root": .string(name), "parent": .null,
        ]
    }

    private static let permission: JSON = [
        "id": "modelperm-LwHkVFn8AcMItP432fKKDIKJ", "object": "model_permission", "created": 1_626_777_600,
        "allow_create_engine": true, "allow_sampling": true, "allow_logprobs": true, "allow_search_indices": false,
        "allow_view": true, "allow_fine_tuning": false, "organization": "*", "group": .null, "is_blocking": false,
    ]
}
