import Glibc

/// The `Date` header line. It is formatted once a second.
final class DateLine {
    private var second: time_t = -1
    private var line: [UInt8] = []

    func append(to output: inout [UInt8]) {
        var now = time(nil)
        if now != second {
            second = now
            var parts = tm()
            gmtime_r(&now, &parts)
            var text = [CChar](repeating: 0, count: 64)
            let length = strftime(&text, 64, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts)
            line = text[..<length].map { UInt8(bitPattern: $0) }
        }
        output.append(contentsOf: line)
    }
}
