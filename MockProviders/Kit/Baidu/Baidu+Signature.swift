import Glibc
import HTTP

extension Baidu {
    /// A `bce-auth-v1` signature (spec/wire/baidu.md §2.2).
    struct Signature {
        enum Verdict { case good, unknownKey, mismatch }

        let accessKey: String
        private let timestamp: String
        private let lifetime: Int
        private let signedHeaders: [String]
        private let digest: String

        /// `nil` if the header is not such a signature.
        init?(_ field: String) {
            let parts = field.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            guard parts.count == 6, parts[0] == "bce-auth-v1", !parts[1].isEmpty, let lifetime = Int(parts[3]) else {
                return nil
            }
            accessKey = parts[1]
            timestamp = parts[2]
            self.lifetime = lifetime
            signedHeaders = parts[4].split(separator: ";").map { $0.lowercased() }
            digest = parts[5]
        }

        func check(_ call: Call) -> Verdict {
            if Credentials.isBad(accessKey) { return .unknownKey }
            guard let signed = Self.seconds(timestamp), abs(wallClock() - Double(signed)) <= Double(max(0, lifetime))
            else { return .mismatch }
            // The SDK's console calls sign the path without that of the base address. Its inference calls sign the
            // whole path.
            let paths = [call.path, "/" + call.route]
            return paths.contains { expected(call, path: $0) == digest } ? .good : .mismatch
        }

        private func expected(_ call: Call, path: String) -> String {
            let secret = Credentials.secret(of: accessKey)
            let key = Digest.hmac(
                key: Array(secret.utf8), Array("bce-auth-v1/\(accessKey)/\(timestamp)/\(lifetime)".utf8))
            let request = [
                call.method, Self.encoded(percentDecoded(path.replacing("+", with: "%2B")), keeping: 0x2f),
                Self.query(call.query), headers(call),
            ]
            return Digest.hmac(key: Array(key.utf8), Array(request.joined(separator: "\n").utf8))
        }

        private static func query(_ query: String) -> String {
            let pairs = query.split(separator: "&").map { pair in
                let parts = pair.split(separator: "=", maxSplits: 1).map { percentDecoded($0) }
                return (parts.first ?? "", parts.count > 1 ? parts[1] : "")
            }
            return pairs.filter { $0.0.lowercased() != "authorization" }
                .map { encoded($0.0) + "=" + encoded($0.1) }.sorted().joined(separator: "&")
        }

        private func headers(_ call: Call) -> String {
            var names = signedHeaders
            if names.isEmpty {
                names = ["host", "content-md5", "content-length", "content-type"]
                func add(_ name: String, _ value: String) {
                    if name.lowercased().hasPrefix("x-bce-") { names.append(name.lowercased()) }
                }
                call.headers.forEach(add)
            }
            let lines = Set(names).compactMap { name -> String? in
                guard let value = call.headers[name], !value.isEmpty else { return nil }
                return Self.encoded(name) + ":" + Self.encoded(value)
            }
            return lines.sorted().joined(separator: "\n")
        }

        /// Encodes all bytes for a URI except letters, digits, `-`, `_`, `.`, `~` and `kept`.
        private static func encoded(_ text: String, keeping kept: UInt8 = 0x2d) -> String {
            let digits = Array("0123456789ABCDEF".utf8)
            var output: [UInt8] = []
            for byte in text.utf8 {
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x2d, 0x2e, 0x5f, 0x7e, kept: output.append(byte)
                default: output += [0x25, digits[Int(byte >> 4)], digits[Int(byte & 15)]]
                }
            }
            return String(decoding: output, as: UTF8.self)
        }

        /// The seconds since 1970 of a time such as `2026-01-31T08:00:00Z`.
        private static func seconds(_ text: String) -> Int? {
            // All characters except the digits have to stand as in this pattern.
            let pattern = Array("dddd-dd-ddTdd:dd:ddZ".utf8)
            let bytes = Array(text.utf8)
            guard bytes.count == pattern.count else { return nil }
            var numbers: [Int32] = [0]
            for (byte, wanted) in zip(bytes, pattern) {
                guard wanted == 0x64 else {
                    guard byte == wanted else { return nil }
                    numbers.append(0)
                    continue
                }
                guard (0x30...0x39).contains(byte) else { return nil }
                numbers[numbers.count - 1] = numbers[numbers.count - 1] * 10 + Int32(byte - 0x30)
            }
            var fields = tm()
            (fields.tm_year, fields.tm_mon, fields.tm_mday) = (numbers[0] - 1900, numbers[1] - 1, numbers[2])
            (fields.tm_hour, fields.tm_min, fields.tm_sec) = (numbers[3], numbers[4], numbers[5])
            return timegm(&fields)
        }
    }

    /// A time in the form of the console, such as `2026-01-31T08:00:00.000Z`.
    static func timestamp(_ seconds: Int) -> String {
        var time = seconds
        var fields = tm()
        gmtime_r(&time, &fields)
        func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }
        let day = "\(fields.tm_year + 1900)-\(padded(fields.tm_mon + 1))-\(padded(fields.tm_mday))"
        return "\(day)T\(padded(fields.tm_hour)):\(padded(fields.tm_min)):\(padded(fields.tm_sec)).000Z"
    }
}
