import JSON

extension Google {
    /// The type of a field in a service's API description.
    indirect enum Shape: Sendable {
        case string, bool, float, int, bytes
        /// Any JSON object, such as a function's arguments.
        case object
        /// Any JSON value.
        case free
        /// An enumeration: its name, and its values in the order of their numbers, because older packages send numbers.
        case choice(String, [String])
        case list(Shape)
        case map(Shape)
        /// A message: its name, and its fields in camelCase. Names in snake_case are read too.
        case message(String, [String: Shape])
        /// The subset of JSON Schema. It contains itself.
        case schema
    }

    /// Reads proto-JSON. It refuses all unknown names and wrong types in one answer, and returns the values with names
    /// in camelCase (spec/wire/gemini.md §§2, 4.2).
    struct Reader {
        private var violations: [(field: String, description: String)] = []
        /// The prefix of the names of types.
        private let package: String

        private init(version: String) { package = "type.googleapis.com/google.ai.generativelanguage.\(version)" }

        static func read(_ json: JSON, as fields: [String: Shape], version: String) throws(Failure) -> JSON {
            var reader = Reader(version: version)
            let value = reader.message(json, "", fields, "")
            if reader.violations.isEmpty { return value }
            throw .violations(reader.violations)
        }

        private mutating func refuse(_ path: String, _ description: String) -> JSON {
            violations.append((path, description))
            return .null
        }

        private mutating func mistyped(_ value: JSON, _ type: String, _ path: String) -> JSON {
            refuse(path, "Invalid value at '\(path)' (\(type)), \(value.text.prefix(200))")
        }

        private mutating func unknown(_ key: String, at path: String, _ reason: String) {
            let at = path.isEmpty ? "" : " at '\(path)'"
            let name = key.prefix(100)
            _ = refuse(path, "Invalid JSON payload received. Unknown name \"\(name)\"\(at): \(reason)")
        }

        private mutating func read(_ value: JSON, as shape: Shape, _ path: String) -> JSON {
            if value.isNull { return .null }
            switch shape {
            case .free: return value
            case .string: return value.string == nil ? mistyped(value, "TYPE_STRING", path) : value
            case .bool: return value.bool == nil ? mistyped(value, "TYPE_BOOL", path) : value
            case .float: return value.double == nil ? mistyped(value, "TYPE_FLOAT", path) : value
            case .int: return integer(value, path)
            case .bytes: return bytes(value, path)
            case .object:
                let isObject = value.object != nil
                return isObject ? value : mistyped(value, "type.googleapis.com/google.protobuf.Struct", path)
            case .choice(let type, let names): return choice(value, type, names, path)
            case .list(let shape): return list(value, shape, path)
            case .map(let shape): return map(value, shape, path)
            case .message(let type, let fields): return message(value, type, fields, path)
            case .schema: return message(value, "Schema", Self.schema, path)
            }
        }

        /// 64-bit numbers may be strings, and some packages write whole numbers as 4.0.
        private mutating func integer(_ value: JSON, _ path: String) -> JSON {
            let number = value.int ?? value.double.flatMap { Int64(exactly: $0) } ?? value.string.flatMap { Int64($0) }
            guard let number, Int64(Int32.min)...Int64(Int32.max) ~= number else {
                return mistyped(value, "TYPE_INT32", path)
            }
            return .int(number)
        }

        /// Base64 may use the standard or the URL-safe alphabet, with or without padding.
        private mutating func bytes(_ value: JSON, _ path: String) -> JSON {
            guard let text = value.string else { return mistyped(value, "TYPE_BYTES", path) }
            if Google.decode(text) != nil { return value }
            return refuse(
                path, "Invalid value at '\(path)' (TYPE_BYTES), Base64 decoding failed for \"\(text.prefix(64))\"")
        }

        private mutating func choice(_ value: JSON, _ type: String, _ names: [String], _ path: String) -> JSON {
            if let number = value.int, number >= 0, number < Int64(names.count) { return .string(names[Int(number)]) }
            // The types of a schema are read in upper and lower case, all other values as they are.
            let name = type == "Type" ? value.string?.uppercased() : value.string
            if let name, names.contains(name) { return .string(name) }
            return mistyped(value, "\(package).\(type)", path)
        }

        private mutating func list(_ value: JSON, _ shape: Shape, _ path: String) -> JSON {
            // A single value is the same as a list of one.
            guard let items = value.array else { return [read(value, as: shape, "\(path)[0]")] }
            var values: [JSON] = []
            for (index, item) in items.enumerated() { values.append(read(item, as: shape, "\(path)[\(index)]")) }
            return .array(values)
        }

        private mutating func map(_ value: JSON, _ shape: Shape, _ path: String) -> JSON {
            guard let members = value.object?.members else { return mistyped(value, "Map", path) }
            var object = JSONObject()
            for (index, member) in members.enumerated() {
                object.append(member.key, read(member.value, as: shape, "\(path)[\(index)].value"))
            }
            return .object(object)
        }

        private mutating func message(
            _ value: JSON, _ type: String, _ fields: [String: Shape], _ path: String
        ) -> JSON {
            guard let members = value.object?.members else { return mistyped(value, "\(package).\(type)", path) }
            var object = JSONObject()
            for member in members {
                let name = Self.camel(member.key)
                let place = path.isEmpty ? Self.snake(name) : "\(path).\(Self.snake(name))"
                guard let shape = fields[name] else {
                    unknown(member.key, at: path, "Cannot find field.")
                    continue
                }
                if member.value.array != nil, !Self.takesLists(shape) {
                    unknown(member.key, at: path, "Proto field is not repeating, cannot start list.")
                    continue
                }
                let value = read(member.value, as: shape, place)
                if !value.isNull { object[name] = value }
            }
            return .object(object)
        }

        private static func takesLists(_ shape: Shape) -> Bool {
            switch shape {
            case .free, .list: true
            default: false
            }
        }

        private static func camel(_ name: String) -> String {
            guard name.utf8.contains(0x5f) else { return name }
            let parts = name.split(separator: "_", omittingEmptySubsequences: true)
            guard let first = parts.first else { return name }
            return parts.dropFirst().reduce(String(first)) { $0 + $1.prefix(1).uppercased() + $1.dropFirst() }
        }

        private static func snake(_ name: String) -> String {
            // Most names are one word in lower case.
            guard name.utf8.contains(where: { !(0x61...0x7a).contains($0) }) else { return name }
            return name.reduce(into: "") { text, letter in
                if letter.isUppercase { text += "_" }
                text += letter.lowercased()
            }
        }

        private static let schema: [String: Shape] = [
            "type": .choice(
                "Type", ["TYPE_UNSPECIFIED", "STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL"]),
            "format": .string, "title": .string, "description": .string, "nullable": .bool, "enum": .list(.string),
            "items": .schema, "minItems": .int, "maxItems": .int, "properties": .map(.schema),
            "required": .list(.string), "propertyOrdering": .list(.string), "minProperties": .int,
            "maxProperties": .int, "minimum": .float, "maximum": .float, "minLength": .int, "maxLength": .int,
            "pattern": .string, "example": .free, "anyOf": .list(.schema), "default": .free,
        ]
    }

    /// Base64 in either alphabet, with or without padding.
    static func decode(_ text: String) -> [UInt8]? {
        Base64.decode(text.replacing("-", with: "+").replacing("_", with: "/"))
    }
}
