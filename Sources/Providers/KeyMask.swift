package import Chat
import HTTP
import JSON

/// Masks a channel's own key, and what it is made of, by value: whatever shape the key has, and wherever an upstream
/// repeats it. `sanitized` masks what looks like a key of a well-known vendor's; this knows the very key.
///
/// Known are the key, its parts between separators, the secret members and the lines of a key that is JSON, and of each
/// of these the percent-encoded, the JSON-escaped and the base64 form.
package struct KeyMask: Sendable {
    /// A shorter part is left alone: it would mask ordinary words.
    static let shortest = 6
    private static let mask = Array("***".utf8)
    /// What stands before a key in a header is none.
    private static let schemes: Set<String> = ["Bearer", "bearer", "Basic", "basic"]

    /// The longest first.
    private let secrets: [[UInt8]]

    package init(_ keys: String...) { self.init(keys) }

    init(_ keys: [String]) {
        var forms: Set<[UInt8]> = []
        for key in keys {
            for secret in Self.parts(of: key) where secret.utf8.count >= Self.shortest {
                for form in Self.forms(of: secret) where form.utf8.count >= Self.shortest {
                    forms.insert(Array(form.utf8))
                }
            }
        }
        secrets = forms.sorted { $0.count > $1.count }
    }

    // MARK: What is secret

    private static func parts(of key: String) -> Set<String> {
        var parts: Set<String> = [key]
        if let object = (try? JSON.parse(Array(key.utf8)))?.object {
            for member in object.members where isSecret(member.key) {
                guard let value = member.value.string else { continue }
                parts.formUnion([value] + value.split(whereSeparator: \.isNewline).filter(isKeyLine).map { String($0) })
            }
        } else {
            // What one separator parts may hold the other's.
            for separators in ["|:;, \t\n\r", "|.:;,&=/ \t\n\r"] {
                parts.formUnion(key.split { separators.contains($0) }.map { String($0) })
            }
        }
        return parts.subtracting(schemes)
    }

    /// Of a service account's members, those that open something.
    private static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        return ["key", "secret", "token", "password"].contains { name.contains($0) } && !name.hasSuffix("uri")
    }

    /// The lines around a private key say only what it is.
    private static func isKeyLine(_ line: Substring) -> Bool { !line.hasPrefix("-----") }

    private static func forms(of secret: String) -> [String] {
        let encoded = percentEncoded(secret)
        let escaped = String(decoding: JSON.string(secret).encoded().dropFirst().dropLast(), as: UTF8.self)
        let base64 = Base64.encode(Array(secret.utf8)).trimmingSuffix("=")
        return [
            secret, encoded, lowercasedEscapes(encoded), escaped, escaped.replacing("/", with: "\\/"), base64,
            base64.replacing("+", with: "-").replacing("/", with: "_"),
            // As `sanitized` leaves it, which has been at work before.
            sanitized(secret, limit: .max), sanitizedBehindScheme(secret),
        ].filter { !$0.hasPrefix("***") }
    }

    private static func sanitizedBehindScheme(_ secret: String) -> String {
        let scheme = "Bearer "
        let text = sanitized(scheme + secret, limit: .max)
        return String(decoding: text.utf8.dropFirst(scheme.utf8.count), as: UTF8.self)
    }

    private static func lowercasedEscapes(_ text: String) -> String {
        var output: [UInt8] = []
        var escape = 0
        for byte in text.utf8 {
            let isUpper = (0x41...0x46).contains(byte)
            output.append(escape > 0 && isUpper ? byte | 0x20 : byte)
            escape = byte == 0x25 ? 2 : max(0, escape - 1)
        }
        return String(decoding: output, as: UTF8.self)
    }

    // MARK: Masking

    package func masked(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var output: [UInt8] = []
        // How much of the text is in the output, or masked there.
        var done = 0
        var index = 0
        while index < bytes.count {
            let length = length(at: index, in: bytes)
            if length == 0 {
                index += 1
                continue
            }
            output += bytes[done..<index]
            output += Self.mask
            index += length
            done = index
        }
        guard done > 0 else { return text }
        output += bytes[done...]
        return String(decoding: output, as: UTF8.self)
    }

    /// Bytes of the secret that stands there; 0 for none. A text that was cut off may end within one.
    private func length(at index: Int, in bytes: [UInt8]) -> Int {
        for secret in secrets where secret.first == bytes[index] {
            let rest = bytes[index...]
            if rest.starts(with: secret) { return secret.count }
            if rest.count >= Self.shortest, rest.count < secret.count, secret.starts(with: rest) { return rest.count }
        }
        return 0
    }

    /// A failure as anybody but the operator's own code may see it.
    package func masked(_ failure: UpstreamFailure) -> UpstreamFailure {
        var failure = failure
        failure.message = masked(failure.message)
        failure.type = masked(failure.type)
        failure.parameter = failure.parameter.map(masked)
        switch failure.code {
        case .none: break
        case .text(let text): failure.code = .text(masked(text))
        case .number(let number):
            let text = masked(number)
            if text != number { failure.code = .text(text) }
        }
        if let inner = failure.inner { failure.inner = Opaque(inner.format, masked(inner.value)) }
        return failure
    }

    private func masked(_ value: JSON) -> JSON {
        switch value {
        case .null, .bool: return value
        case .number(let number):
            let text = masked(number.text)
            return text == number.text ? value : .string(text)
        case .string(let text): return .string(masked(text))
        case .array(let items): return .array(items.map(masked))
        case .object(let object):
            var output = JSONObject()
            for member in object.members { output.append(masked(member.key), masked(member.value)) }
            return .object(output)
        }
    }
}

extension ProviderChannel {
    /// The one gate between what this channel's upstream said went wrong and everybody who is told.
    /// - Parameter token: the access token that the call went with.
    package func disclosed(_ failure: UpstreamFailure, token: String? = nil) -> UpstreamFailure {
        mask(token: token).masked(failure)
    }

    /// Masks the key, the token that a call went with, and what the operator's own headers hold.
    package func mask(token: String? = nil) -> KeyMask { KeyMask([key, token ?? ""] + rules.secrets) }
}

extension String {
    fileprivate func trimmingSuffix(_ suffix: Character) -> String {
        var text = self
        while text.last == suffix { text.removeLast() }
        return text
    }
}
