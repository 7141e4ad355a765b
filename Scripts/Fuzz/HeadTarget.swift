import HTTP

/// The parser of request heads: every split gives the same result, and it accepts nothing that a slow, literal reading
/// of RFC 9112 finds ambiguous.
struct HeadTarget: FuzzTarget {
    let name = "request heads"
    let samples = [
        "GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        "POST /v1/chat/completions?x=1 HTTP/1.1\r\nHost: a:80\r\nContent-Length: 12\r\nConnection: keep-alive\r\n\r\n",
        "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\nX: \t y \r\n\r\n",
        "GET http://a:80/x?y HTTP/1.1\r\nhOsT: A:80\r\nAccept: */*\r\n\r\n",
        "OPTIONS * HTTP/1.0\r\nOrigin: https://b\r\nContent-Length: 0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n",
    ].map { Array($0.utf8) }

    func check(_ input: [UInt8], _ generator: inout Generator) -> String? {
        let whole = outcome(of: [input])
        let split = outcome(of: generator.split(input))
        if whole.description != split.description { return "whole gives \(whole), in pieces \(split)" }
        guard case .accepted(let head, let bytes) = whole else { return nil }
        return complaint(about: head, bytes)
    }

    private enum Outcome: CustomStringConvertible {
        case accepted(RequestHead, [UInt8])
        case refused(HeadError)
        case unfinished

        var description: String {
            switch self {
            case .accepted(let head, let bytes):
                "\(head.method.name) \(head.path)?\(head.query) \(head.framing) \(head.headers.count) of \(bytes.count)"
            case .refused(let error): "\(error)"
            case .unfinished: "unfinished"
            }
        }
    }

    /// Does what a connection does: searches for the end while bytes arrive, then parses.
    private func outcome(of pieces: [[UInt8]]) -> Outcome {
        let parser = HeadParser(maxHeadBytes: 512, maxFields: 8)
        var received: [UInt8] = []
        var scanned = 0
        for piece in pieces {
            received += piece
            let step: Outcome? = received.withUnsafeBytes { bytes in
                do throws(HeadError) {
                    guard let end = try parser.headEnd(in: bytes, scanned: scanned) else {
                        scanned = bytes.count
                        return nil
                    }
                    let head = UnsafeRawBufferPointer(rebasing: bytes[..<end])
                    return .accepted(try parser.parse(head), Array(head))
                } catch {
                    return .refused(error)
                }
            }
            if let step { return step }
        }
        return .unfinished
    }

    private func complaint(about head: RequestHead, _ bytes: [UInt8]) -> String? {
        let text = String(decoding: bytes, as: UTF8.self).unicodeScalars.map { Character($0) }
        var lines: [String] = [""]
        for (index, character) in text.enumerated() {
            if character == "\r" {
                guard index + 1 < text.count, text[index + 1] == "\n" else { return "a bare CR is accepted" }
            } else if character == "\n" {
                guard index > 0, text[index - 1] == "\r" else { return "a bare LF is accepted" }
                lines.append("")
            } else if character == "\0" {
                return "a NUL byte is accepted"
            } else {
                lines[lines.count - 1].append(character)
            }
        }
        var names: [String] = []
        for line in lines.dropFirst() where !line.isEmpty {
            let name = String(line.prefix { $0 != ":" })
            guard name.count < line.count, !name.isEmpty, !name.contains(" "), !name.contains("\t") else {
                return "a field without a clean name is accepted"
            }
            names.append(name.lowercased())
        }
        let lengths = names.count { $0 == "content-length" }
        let codings = names.count { $0 == "transfer-encoding" }
        let hosts = names.count { $0 == "host" }
        if lengths + codings > 1 { return "two ways of framing are accepted" }
        if hosts > 1 || head.isHTTP11 && hosts == 0 { return "\(hosts) Hosts are accepted" }
        if codings == 1, head.framing != .chunked { return "Transfer-Encoding is passed over" }
        if names.count != head.headers.count { return "\(names.count) fields came out as \(head.headers.count)" }
        return nil
    }
}
