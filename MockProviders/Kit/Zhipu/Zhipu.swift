import Glibc
import HTTP

/// Plays Zhipu's BigModel, called Z.ai abroad (spec/wire/zhipu.md): version 4 of its API and the older version 3.
enum Zhipu {
    /// The headers of an answer. `id` is in its body too.
    static func headers(id: String, type: String = "application/json; charset=UTF-8") -> HTTPHeaders {
        // The caller may have chosen the id. Only characters that a header may contain are copied.
        let plain = id.utf8.filter { (0x21...0x7e).contains($0) }
        return ["content-type": type, "X-LOG-ID": String(decoding: plain, as: UTF8.self)]
    }

    static let streamType = "text/event-stream;charset=UTF-8"

    /// An answer's id: the time in Beijing to the second, and 16 hexadecimal digits.
    static func identifier(_ ids: inout IdentifierSource) -> String {
        stamp(ids.created + 8 * 3600) + ids.random.hex(16)
    }

    /// A time such as `20260102030405`.
    private static func stamp(_ seconds: Int) -> String {
        let time = fields(of: seconds)
        return [time.tm_year + 1900, time.tm_mon + 1, time.tm_mday, time.tm_hour, time.tm_min, time.tm_sec]
            .map(padded).joined()
    }

    /// A time such as `2026-01-02T03:04:05.000+00:00`, as the pages of the outer server have it.
    static func pageTime(_ seconds: Int) -> String {
        let time = fields(of: seconds)
        let day = [time.tm_year + 1900, time.tm_mon + 1, time.tm_mday].map(padded).joined(separator: "-")
        let clock = [time.tm_hour, time.tm_min, time.tm_sec].map(padded).joined(separator: ":")
        return "\(day)T\(clock).000+00:00"
    }

    private static func fields(of seconds: Int) -> tm {
        var time = seconds
        var fields = tm()
        gmtime_r(&time, &fields)
        return fields
    }

    private static func padded(_ number: Int32) -> String { number < 10 ? "0\(number)" : "\(number)" }

    /// The number behind a word of a mock name, such as 50 in `mock-window-50`.
    static func number(after mark: String, in name: String) -> Int? {
        guard let range = name.firstRange(of: mark) else { return nil }
        return Int(name[range.upperBound...].prefix { $0.isASCII && $0.isNumber })
    }
}
