/// Reads a request head strictly. It refuses heads that two readers could frame differently (RFC 9112 §§2–6, 11.2).
package struct HeadParser {
    /// The largest head in bytes, including its blank line.
    package var maxHeadBytes: Int
    /// The largest number of header fields.
    package var maxFields: Int

    package init(maxHeadBytes: Int = 32 << 10, maxFields: Int = 100) {
        self.maxHeadBytes = maxHeadBytes
        self.maxFields = maxFields
    }

    /// Finds the end of the head. Bytes before `scanned` were searched already.
    /// - Returns: the length of the head with its blank line; `nil` if it is not complete.
    package func headEnd(in bytes: UnsafeRawBufferPointer, scanned: Int) throws(HeadError) -> Int? {
        var index = scanned
        while index < bytes.count {
            let byte = bytes[index]
            if byte == 0x0a {
                guard index > 0, bytes[index - 1] == 0x0d else { throw .malformed("A line ends without CR.") }
                if index >= 3, bytes[index - 2] == 0x0a { return index + 1 }
            } else if index > 0, bytes[index - 1] == 0x0d {
                throw .malformed("A CR stands alone.")
            } else if byte == 0 {
                throw .malformed("The head holds a NUL byte.")
            }
            index += 1
        }
        if bytes.count > maxHeadBytes { throw .tooLarge }
        return nil
    }

    /// Parses a whole head, including its blank line.
    package func parse(_ bytes: UnsafeRawBufferPointer) throws(HeadError) -> RequestHead {
        if bytes.count > maxHeadBytes { throw .tooLarge }
        guard let lineEnd = bytes.firstIndex(of: 0x0d) else { throw .malformed("The request line is missing.") }
        let (method, target, isHTTP11) = try requestLine(UnsafeRawBufferPointer(rebasing: bytes[..<lineEnd]))
        var headers = HTTPHeaders()
        headers.reserve(fields: 12, bytes: bytes.count)
        var position = lineEnd + 2
        while position + 2 < bytes.count {
            guard let end = bytes[position...].firstIndex(of: 0x0d) else { break }
            try field(UnsafeRawBufferPointer(rebasing: bytes[position..<end]), into: &headers)
            if headers.count > maxFields { throw .tooManyFields }
            position = end + 2
        }
        let (path, query) = try split(target, method: method, headers: headers)
        return RequestHead(
            method: method, path: path, query: query, headers: headers, isHTTP11: isHTTP11,
            framing: try framing(headers, isHTTP11: isHTTP11),
            keepsAlive: keepsAlive(headers, isHTTP11: isHTTP11),
            expectsContinue: isHTTP11
                && headers.withValue(of: "Expect") { equalsIgnoringCase($0, "100-continue") } == true)
    }

    private func requestLine(
        _ line: UnsafeRawBufferPointer
    ) throws(HeadError) -> (HTTPMethod, UnsafeRawBufferPointer, Bool) {
        guard let first = line.firstIndex(of: 0x20), let last = line.lastIndex(of: 0x20), first > 0, last > first + 1
        else { throw .malformed("The request line is not METHOD TARGET VERSION.") }
        let name = UnsafeRawBufferPointer(rebasing: line[..<first])
        let target = UnsafeRawBufferPointer(rebasing: line[(first + 1)..<last])
        let version = UnsafeRawBufferPointer(rebasing: line[(last + 1)...])
        guard first <= 24, name.allSatisfy(isTokenByte) else { throw .malformed("The method is not a token.") }
        guard target.allSatisfy({ $0 > 0x20 && $0 != 0x7f }) else {
            throw .malformed("The target holds white space or control characters.")
        }
        guard version.count == 8, version.starts(with: "HTTP/".utf8), version[6] == 0x2e, isDigit(version[5]),
            isDigit(version[7])
        else { throw .malformed("The version is not HTTP/x.y.") }
        guard version[5] == 0x31, version[7] <= 0x31 else { throw .unsupportedVersion }
        return (HTTPMethod(String(decoding: name, as: UTF8.self)), target, version[7] == 0x31)
    }

    private func field(_ line: UnsafeRawBufferPointer, into headers: inout HTTPHeaders) throws(HeadError) {
        if let first = line.first, first == 0x20 || first == 0x09 {
            throw .malformed("A header line is folded, which is obsolete.")
        }
        guard let colon = line.firstIndex(of: 0x3a), colon > 0 else { throw .malformed("A header line has no name.") }
        let name = UnsafeRawBufferPointer(rebasing: line[..<colon])
        guard name.allSatisfy(isTokenByte) else {
            throw .malformed("A header name holds characters that it may not, such as a space before the colon.")
        }
        let value = trimmed(UnsafeRawBufferPointer(rebasing: line[(colon + 1)...]))
        guard value.allSatisfy({ $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }) else {
            throw .malformed("A header value holds a control character.")
        }
        headers.add(name: name, value: value)
    }

    /// Origin form, `*`, or an absolute address that agrees with `Host` (RFC 9112 §3.2).
    private func split(
        _ target: UnsafeRawBufferPointer, method: HTTPMethod, headers: HTTPHeaders
    ) throws(HeadError) -> (String, String) {
        switch headers.occurrences("Host") {
        case 1:
            let isValid = headers.withValue(of: "Host") { host in
                host.allSatisfy { $0 > 0x20 && $0 != 0x2f && $0 != 0x2c && $0 != 0x40 && $0 != 0x3f && $0 != 0x23 }
            }
            guard isValid == true else { throw .malformed("The Host header is not a host.") }
        case 0:
            // HTTP/1.0 has no Host. For HTTP/1.1, `framing` refuses a request without it.
            break
        default:
            throw .malformed("There is more than one Host header.")
        }
        var rest = target
        if target.first != 0x2f {
            if target.count == 1, target.first == 0x2a, method == .options { return ("*", "") }
            rest = try originForm(target, headers: headers)
        }
        if rest.contains(0x23) { throw .malformed("The target holds a fragment.") }
        let mark = rest.firstIndex(of: 0x3f) ?? rest.count
        return (
            String(decoding: rest[..<mark], as: UTF8.self),
            mark < rest.count ? String(decoding: rest[(mark + 1)...], as: UTF8.self) : ""
        )
    }

    private func originForm(
        _ target: UnsafeRawBufferPointer, headers: HTTPHeaders
    ) throws(HeadError) -> UnsafeRawBufferPointer {
        let text = String(decoding: target, as: UTF8.self)
        let lower = text.lowercased()
        let scheme = lower.hasPrefix("http://") ? 7 : lower.hasPrefix("https://") ? 8 : 0
        guard scheme > 0 else { throw .malformed("The target is neither a path nor an http address.") }
        let slash = target[scheme...].firstIndex(where: { $0 == 0x2f || $0 == 0x3f }) ?? target.count
        let authority = String(decoding: target[scheme..<slash], as: UTF8.self).lowercased()
        guard !authority.isEmpty, !authority.contains("@"), authority == headers["Host"]?.lowercased() else {
            throw .malformed("The address in the request line contradicts the Host header.")
        }
        guard slash < target.count, target[slash] == 0x2f else {
            throw .malformed("The address in the request line has no path.")
        }
        return UnsafeRawBufferPointer(rebasing: target[slash...])
    }

    private func framing(_ headers: HTTPHeaders, isHTTP11: Bool) throws(HeadError) -> BodyFraming {
        if isHTTP11, !headers.contains("Host") { throw .malformed("The Host header is missing.") }
        let codings = headers.occurrences("Transfer-Encoding")
        let lengths = headers.occurrences("Content-Length")
        if codings > 0 {
            guard lengths == 0 else { throw .malformed("Content-Length and Transfer-Encoding exclude each other.") }
            guard isHTTP11 else { throw .malformed("HTTP/1.0 has no Transfer-Encoding.") }
            let isChunked = headers.withValue(of: "Transfer-Encoding") { equalsIgnoringCase($0, "chunked") }
            guard codings == 1, isChunked == true else { throw .unsupportedEncoding }
            return .chunked
        }
        guard lengths <= 1 else { throw .malformed("There is more than one Content-Length.") }
        guard lengths == 1 else { return .none }
        let length: Int?? = headers.withValue(of: "Content-Length", decimal)
        guard let length, let length else { throw .malformed("Content-Length is not a number.") }
        return length == 0 ? .none : .length(length)
    }

    private func keepsAlive(_ headers: HTTPHeaders, isHTTP11: Bool) -> Bool {
        guard headers.contains("Connection") else { return isHTTP11 }
        let options = headers.values("Connection").joined(separator: ",").lowercased()
            .split(separator: ",").map { $0.drop { $0 == " " || $0 == "\t" } }
        if options.contains(where: { $0.hasPrefix("close") }) { return false }
        return isHTTP11 || options.contains { $0.hasPrefix("keep-alive") }
    }
}

/// A token character (RFC 9110 §5.6.2).
@inline(__always)
func isTokenByte(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5a, 0x61...0x7a: true
    case 0x21, 0x23...0x27, 0x2a, 0x2b, 0x2d, 0x2e, 0x5e...0x60, 0x7c, 0x7e: true
    default: false
    }
}

@inline(__always)
func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }

/// Reads at most 18 digits, without a sign or spaces.
func decimal(_ bytes: UnsafeRawBufferPointer) -> Int? {
    guard !bytes.isEmpty, bytes.count <= 18 else { return nil }
    var value = 0
    for byte in bytes {
        guard isDigit(byte) else { return nil }
        value = value * 10 + Int(byte - 0x30)
    }
    return value
}

func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var start = 0
    var end = bytes.count
    while start < end, bytes[start] == 0x20 || bytes[start] == 0x09 { start += 1 }
    while end > start, bytes[end - 1] == 0x20 || bytes[end - 1] == 0x09 { end -= 1 }
    return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
}

func equalsIgnoringCase(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
    guard bytes.count == text.utf8CodeUnitCount else { return false }
    for index in 0..<bytes.count where lowercased(bytes[index]) != lowercased(text.utf8Start[index]) { return false }
    return true
}
