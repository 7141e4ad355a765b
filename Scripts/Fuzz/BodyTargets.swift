import HTTP
import JSON

/// Chunked bodies: every split of the bytes gives the same content and end.
struct ChunkedTarget: FuzzTarget {
    let name = "chunked bodies"
    let samples = [
        "5\r\nhello\r\n0\r\n\r\n", "A;x=y\r\n0123456789\r\n1\r\n!\r\n0\r\nTrailer: z\r\n\r\nGET /",
        "00000000000001\r\nx\r\n0\r\n\r\n",
    ].map { Array($0.utf8) }

    func check(_ input: [UInt8], _ generator: inout Generator) -> String? {
        let whole = decode([input])
        let split = decode(generator.split(input))
        return whole == split ? nil : "whole gives \(whole), in pieces \(split)"
    }

    private func decode(_ pieces: [[UInt8]]) -> String {
        var decoder = ChunkedDecoder()
        var output: [UInt8] = []
        var consumed = 0
        for piece in pieces where !decoder.isDone {
            let failure: BodyError? = piece.withUnsafeBytes { bytes in
                do throws(BodyError) { consumed += try decoder.feed(bytes, into: &output) } catch { return error }
                return nil
            }
            // The damage must be found. How much comes out before it may differ.
            if let failure { return "\(failure)" }
        }
        return "\(output) of \(consumed), \(decoder.isDone)"
    }
}

/// Event streams: every split of the bytes gives the same events.
struct EventTarget: FuzzTarget {
    let name = "event streams"
    let samples = [
        "data: {\"a\":1}\n\ndata: [DONE]\n\n", "event: x\r\ndata: a\r\ndata: b\r\n\r\n: comment\r\rdata:c\r\r",
        "\u{feff}data: d\n\nid: 7\nretry: 3\ndata\n\n",
    ].map { Array($0.utf8) }

    func check(_ input: [UInt8], _ generator: inout Generator) -> String? {
        let whole = events([input])
        let split = events(generator.split(input))
        return whole == split ? nil : "whole gives \(whole), in pieces \(split)"
    }

    private func events(_ pieces: [[UInt8]]) -> [[UInt8]] {
        var parser = SSEParser()
        var events: [[UInt8]] = []
        for piece in pieces {
            piece.withUnsafeBytes { bytes in
                parser.feed(bytes) { name, data in events += [Array(name), Array(data)] }
            }
        }
        return events
    }
}

/// JSON: an accepted document stays the same when it is written and read again and when it is read lazily, and the
/// spans of its members can be read on their own.
struct JSONTarget: FuzzTarget {
    let name = "JSON"
    let samples = [
        #"{"model":"gpt-4o","messages":[{"role":"user","content":"Hi \u00e9\ud83d\ude00"}],"n":1,"t":-0.5e-3}"#,
        #"[1,2.50,1e400,null,true,false,"",{"":{"a":[]}},"\\\"\/\b\f\n\r\t"]"#, "  {\"a\" : 1 , \"a\" : [ ] }\n",
    ].map { Array($0.utf8) }

    func check(_ input: [UInt8], _ generator: inout Generator) -> String? {
        let value: JSON
        do throws(JSONError) { value = try JSON.parse(input) } catch { return nil }
        let written = value.encoded()
        do throws(JSONError) {
            guard try JSON.parse(written) == value else { return "another value after writing: \(written)" }
        } catch {
            return "its own writing is refused (\(error)): \(written)"
        }
        guard let lazy = try? LazyJSON.parse(input), lazy.json == value, Self.isSame(lazy, value) else {
            return "another value lazily"
        }
        guard case .object(let object) = value else { return nil }
        return spanComplaint(input, object)
    }

    private static func isSame(_ lazy: LazyJSON, _ value: JSON) -> Bool {
        guard lazy.string == value.string, lazy.bool == value.bool, lazy.int == value.int,
            lazy.double == value.double, lazy["a"]?.json == value["a"], lazy["model"]?.json == value["model"],
            lazy[0]?.json == value[0]
        else { return false }
        let items = lazy.array ?? []
        guard items.count == value.array?.count ?? 0 else { return false }
        guard zip(items, value.array ?? []).allSatisfy({ isSame($0, $1) }) else { return false }
        var rest = (value.object?.members ?? [])[...]
        var isAlike = true
        lazy.forEachMember { name, item in
            let member = rest.popFirst()
            isAlike = isAlike && name.string == member?.key && isSame(item, member?.value ?? .null)
        }
        return isAlike && rest.isEmpty
    }

    private func spanComplaint(_ input: [UInt8], _ object: JSONObject) -> String? {
        let members = input.withUnsafeBytes { JSONSpans.members(in: $0) }
        guard members.count == object.members.count else { return "\(members.count) spans" }
        for (member, expected) in zip(members, object.members) {
            do throws(JSONError) {
                guard try JSON.parse(Array(input[member.valueRange])) == expected.value else { return "a span is off" }
            } catch {
                return "a span is no value: \(error)"
            }
        }
        return nil
    }
}

/// gzip: the output never exceeds the limit, and unpacking gives what was packed.
struct GzipTarget: FuzzTarget {
    let name = "gzip"
    let samples = [
        Gzip.pack(Array("some text, some text, some text".utf8)) ?? [],
        Gzip.pack([UInt8](repeating: 0, count: 9999)) ?? [],
    ]

    func check(_ input: [UInt8], _ generator: inout Generator) -> String? {
        do throws(BodyError) {
            let output = try Gzip.unpack(input, limit: 4096)
            return output.count <= 4096 ? nil : "\(output.count) bytes came out"
        } catch {
            return nil
        }
    }
}
