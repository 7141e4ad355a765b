import JSON

extension Gemini {
    /// A field's type in the service's API description.
    indirect enum Shape: Sendable {
        case string, bool, float, int, bytes
        /// Any JSON object, such as a function's arguments.
        case object
        /// Any JSON value.
        case free
        /// Names by their numbers, since the older SDK sends those.
        case choice([String])
        case list(Shape)
        case map(Shape)
        /// Fields by their names in camelCase; snake_case is read too.
        case message([String: Shape])
        /// The subset of JSON Schema, which refers to itself.
        case schema
    }

    /// Reads proto-JSON: refuses unknown names and wrong types, all in one answer, and gives back the same values under
    /// camelCase names (spec/wire/gemini.md §§2, 4.2).
    struct Reader {
        private(set) var violations: [(field: String, description: String)] = []

        static func read(_ json: JSON, as fields: [String: Shape]) throws(Failure) -> JSON {
            var reader = Reader()
            let value = reader.message(json, fields, "")
            if reader.violations.isEmpty { return value }
            throw .violations(reader.violations)
        }

        private mutating func refuse(_ path: String, _ description: String) -> JSON {
            violations.append((path, description))
            return .null
        }

        private mutating func mistyped(_ value: JSON, _ type: String, _ path: String) -> JSON {
            refuse(path, "Invalid value at '\(path)' (TYPE_\(type)), \(value.text.prefix(200))")
        }

        private mutating func read(_ value: JSON, as shape: Shape, _ path: String) -> JSON {
            if value.isNull { return .null }
            switch shape {
            case .free: return value
            case .string: return value.string == nil ? mistyped(value, "STRING", path) : value
            case .bool: return value.bool == nil ? mistyped(value, "BOOL", path) : value
            case .float: return value.double == nil ? mistyped(value, "FLOAT", path) : value
            case .int: return integer(value, path)
            case .bytes: return bytes(value, path)
            case .object:
                let isObject = value.object != nil
                return isObject
                    ? value
                    : refuse(
                        path,
                        "Invalid value at '\(path)' (type.googleapis.com/google.protobuf.Struct), \(value.text.prefix(200))"
                    )
            case .choice(let names): return choice(value, names, path)
            case .list(let shape): return list(value, shape, path)
            case .map(let shape): return map(value, shape, path)
            case .message(let fields): return message(value, fields, path)
            case .schema: return message(value, Self.schema, path)
            }
        }

        /// 64-bit numbers come as text too, and SDKs write whole numbers as 4.0.
        private mutating func integer(_ value: JSON, _ path: String) -> JSON {
            let number = value.int ?? value.double.flatMap { Int64(exactly: $0) } ?? value.string.flatMap { Int64($0) }
            return number.map { .int($0) } ?? mistyped(value, "INT32", path)
        }

        /// Standard or URL-safe, with or without padding.
        private mutating func bytes(_ value: JSON, _ path: String) -> JSON {
            guard let text = value.string else { return mistyped(value, "BYTES", path) }
            let body = text.utf8.reversed().drop { $0 == 0x3d }
            let isGood =
                body.count % 4 != 1
                && body.allSatisfy { byte in
                    switch byte {
                    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2b, 0x2f, 0x2d, 0x5f: true
                    default: false
                    }
                }
            if isGood { return value }
            return refuse(
                path, "Invalid value at '\(path)' (TYPE_BYTES), Base64 decoding failed for \"\(text.prefix(64))\"")
        }

        private mutating func choice(_ value: JSON, _ names: [String], _ path: String) -> JSON {
            if let number = value.int, number >= 0, number < Int64(names.count) { return .string(names[Int(number)]) }
            if let name = value.string?.uppercased(), names.contains(name) { return .string(name) }
            return mistyped(value, "ENUM", path)
        }

        private mutating func list(_ value: JSON, _ shape: Shape, _ path: String) -> JSON {
            // A single message stands for a list of one.
            guard let items = value.array else {
                return value.object != nil ? [read(value, as: shape, "\(path)[0]")] : mistyped(value, "ARRAY", path)
            }
            var values: [JSON] = []
            for (index, item) in items.enumerated() { values.append(read(item, as: shape, "\(path)[\(index)]")) }
            return .array(values)
        }

        private mutating func map(_ value: JSON, _ shape: Shape, _ path: String) -> JSON {
            guard let members = value.object?.members else { return mistyped(value, "MAP", path) }
            var object = JSONObject()
            for (index, member) in members.enumerated() {
                object.append(member.key, read(member.value, as: shape, "\(path)[\(index)].value"))
            }
            return .object(object)
        }

        private mutating func message(_ value: JSON, _ fields: [String: Shape], _ path: String) -> JSON {
            guard let members = value.object?.members else { return mistyped(value, "MESSAGE", path) }
            var object = JSONObject()
            for member in members {
                let name = Self.camel(member.key)
                let place = path.isEmpty ? Self.snake(name) : "\(path).\(Self.snake(name))"
                guard let shape = fields[name] else {
                    let at = path.isEmpty ? "" : " at '\(path)'"
                    _ = refuse(
                        path,
                        "Invalid JSON payload received. Unknown name \"\(member.key.prefix(100))\"\(at): Cannot find field."
                    )
                    continue
                }
                if case .list = shape {
                } else if member.value.array != nil, !Self.takesLists(shape) {
                    _ = refuse(
                        place,
                        "Invalid JSON payload received. Unknown name \"\(member.key.prefix(100))\" at '\(path)': "
                            + "Proto field is not repeating, cannot start list.")
                    continue
                }
                let read = read(member.value, as: shape, place)
                if !read.isNull { object.append(name, read) }
            }
            return .object(object)
        }

        private static func takesLists(_ shape: Shape) -> Bool {
            if case .free = shape { true } else { false }
        }

        private static func camel(_ name: String) -> String {
            let parts = name.split(separator: "_", omittingEmptySubsequences: true)
            guard let first = parts.first, parts.count > 1 else {
                return name.hasPrefix("_") ? String(name.dropFirst()) : name
            }
            return parts.dropFirst().reduce(String(first)) { $0 + $1.prefix(1).uppercased() + $1.dropFirst() }
        }

        private static func snake(_ name: String) -> String {
            name.reduce(into: "") { text, letter in
                if letter.isUppercase { text += "_" }
                text += letter.lowercased()
            }
        }
    }
}

extension Gemini.Reader {
    private static let schema: [String: Gemini.Shape] = [
        "type": .choice([
            "TYPE_UNSPECIFIED", "STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL",
        ]),
        "format": .string, "title": .string, "description": .string, "nullable": .bool, "enum": .list(.string),
        "items": .schema, "minItems": .int, "maxItems": .int, "properties": .map(.schema), "required": .list(.string),
        "propertyOrdering": .list(.string), "minProperties": .int, "maxProperties": .int, "minimum": .float,
        "maximum": .float, "minLength": .int, "maxLength": .int, "pattern": .string, "example": .free,
        "anyOf": .list(.schema), "default": .free,
    ]

    private static let blob: Gemini.Shape = .message([
        "mimeType": .string, "data": .bytes, "displayName": .string,
    ])

    private static let part: Gemini.Shape = .message([
        "text": .string, "inlineData": blob,
        "fileData": .message(["mimeType": .string, "fileUri": .string, "displayName": .string]),
        "functionCall": .message(["id": .string, "name": .string, "args": .object]),
        "functionResponse": .message([
            "id": .string, "name": .string, "response": .object, "willContinue": .bool, "scheduling": .string,
            "parts": .list(.message(["inlineData": blob])),
        ]),
        "executableCode": .object, "codeExecutionResult": .object, "toolCall": .object, "toolResponse": .object,
        "thought": .bool, "thoughtSignature": .bytes, "videoMetadata": .object, "mediaResolution": .free,
    ])

    static let content: Gemini.Shape = .message(["role": .string, "parts": .list(part)])

    private static let function: Gemini.Shape = .message([
        "name": .string, "description": .string, "parameters": .schema, "parametersJsonSchema": .free,
        "response": .schema, "responseJsonSchema": .free, "behavior": .string,
    ])

    private static let tool: Gemini.Shape = .message([
        "functionDeclarations": .list(function), "googleSearch": .object, "urlContext": .object,
        "codeExecution": .object, "fileSearch": .object, "googleMaps": .object, "computerUse": .object,
        "googleSearchRetrieval": .object,
    ])

    private static let toolConfig: Gemini.Shape = .message([
        "functionCallingConfig": .message([
            "mode": .choice(["MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"]),
            "allowedFunctionNames": .list(.string),
        ]),
        "retrievalConfig": .object, "includeServerSideToolInvocations": .bool,
    ])

    private static let levels = ["THINKING_LEVEL_UNSPECIFIED", "LOW", "HIGH", "MEDIUM", "MINIMAL", "XHIGH"]

    private static let generationConfig: Gemini.Shape = .message([
        "temperature": .float, "topP": .float, "topK": .float, "candidateCount": .int, "maxOutputTokens": .int,
        "stopSequences": .list(.string), "seed": .int, "presencePenalty": .float, "frequencyPenalty": .float,
        "responseMimeType": .string, "responseSchema": .schema, "responseJsonSchema": .free,
        "responseModalities": .list(.choice(["MODALITY_UNSPECIFIED", "TEXT", "IMAGE", "AUDIO"])),
        "responseLogprobs": .bool, "logprobs": .int, "speechConfig": .object, "imageConfig": .object,
        "mediaResolution": .string,
        "thinkingConfig": .message([
            "thinkingBudget": .int, "includeThoughts": .bool, "thinkingLevel": .choice(levels),
        ]),
    ])

    private static let safety: Gemini.Shape = .message([
        "category": .choice([
            "HARM_CATEGORY_UNSPECIFIED", "HARM_CATEGORY_DEROGATORY", "HARM_CATEGORY_TOXICITY",
            "HARM_CATEGORY_VIOLENCE", "HARM_CATEGORY_SEXUAL", "HARM_CATEGORY_MEDICAL", "HARM_CATEGORY_DANGEROUS",
            "HARM_CATEGORY_HARASSMENT", "HARM_CATEGORY_HATE_SPEECH", "HARM_CATEGORY_SEXUALLY_EXPLICIT",
            "HARM_CATEGORY_DANGEROUS_CONTENT", "HARM_CATEGORY_CIVIC_INTEGRITY",
        ]),
        "threshold": .choice([
            "HARM_BLOCK_THRESHOLD_UNSPECIFIED", "BLOCK_LOW_AND_ABOVE", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_ONLY_HIGH",
            "BLOCK_NONE", "OFF",
        ]),
    ])

    static let generate: [String: Gemini.Shape] = [
        "model": .string, "contents": .list(content), "systemInstruction": content, "tools": .list(tool),
        "toolConfig": toolConfig, "safetySettings": .list(safety), "generationConfig": generationConfig,
        "cachedContent": .string, "serviceTier": .string, "labels": .object, "store": .bool,
    ]

    static let count: [String: Gemini.Shape] = [
        "model": .string, "contents": .list(content), "generateContentRequest": .message(generate),
        "systemInstruction": content, "tools": .list(tool), "generationConfig": generationConfig,
    ]

    static let embed: [String: Gemini.Shape] = [
        "model": .string, "content": content, "title": .string, "outputDimensionality": .int,
        "taskType": .choice([
            "TASK_TYPE_UNSPECIFIED", "RETRIEVAL_QUERY", "RETRIEVAL_DOCUMENT", "SEMANTIC_SIMILARITY", "CLASSIFICATION",
            "CLUSTERING", "QUESTION_ANSWERING", "FACT_VERIFICATION", "CODE_RETRIEVAL_QUERY",
        ]),
    ]

    static let embedBatch: [String: Gemini.Shape] = ["requests": .list(.message(embed)), "model": .string]

    static let cache: [String: Gemini.Shape] = [
        "model": .string, "displayName": .string, "contents": .list(content), "systemInstruction": content,
        "tools": .list(tool), "toolConfig": toolConfig, "ttl": .string, "expireTime": .string,
    ]
}
