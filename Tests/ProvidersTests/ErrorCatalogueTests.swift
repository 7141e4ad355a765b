import Chat
import HTTP
import JSON
import Providers
import TestKit
import Testing

/// One line of `Fixtures/<Provider>/errors.tsv`: an error from the vendor's catalogue in `spec/wire`, and what the
/// client and the channel's guard get to see. `-` means none.
struct CatalogueError: Sendable, CustomTestStringConvertible {
    let folder: String
    let status: Int
    /// The vendor's type or status word, if it has one beside its codes.
    let type: String?
    let code: String?
    let message: String
    let details: JSON?
    let client: (status: Int, type: String, code: String)
    let kind: String
    let isRetryable: Bool

    var testDescription: String { "\(folder): \(status) \(type ?? "") \(code ?? "") \(message.prefix(40))" }

    static let folders = ProviderCase.roots.filter { Fixture.bytes($0 + "/errors.tsv") != nil }
    static let all = folders.flatMap { folder in
        String(decoding: Fixture.read(folder + "/errors.tsv"), as: UTF8.self).split(separator: "\n").dropFirst().map {
            CatalogueError(folder, $0.split(separator: "\t").map(String.init))
        }
    }

    private init(_ folder: String, _ columns: [String]) {
        precondition(columns.count == 10, "\(folder): \(columns)")
        let optional = columns.map { $0 == "-" ? nil : $0 }
        self.folder = folder
        (status, type, code, message) = (Int(columns[0]) ?? 0, optional[1], optional[2], columns[3])
        details = optional[4].flatMap { try? JSON.parse(Array($0.utf8)) }
        client = (Int(columns[5]) ?? 0, columns[6], columns[7])
        (kind, isRetryable) = (columns[8], columns[9] == "yes")
    }

    /// The provider of the folder's chats.
    var provider: (any Provider)? { try? ProviderCase.all.first { $0.root == folder }?.provider }

    /// The error's body in the vendor's format.
    var body: [UInt8] {
        let text = JSON.string(message)
        var error: JSONObject = ["message": text]
        if let code { error.append("code", .string(code)) }
        if let type { error.append("type", .string(type)) }
        let body: JSON =
            switch folder {
            case "Ali": ["code": .string(code ?? ""), "message": text, "request_id": "r"]
            case "Baidu": ["error_code": .int(Int64(code ?? "") ?? 0), "error_msg": text]
            case "Anthropic": ["type": "error", "error": .object(error), "request_id": "req_1"]
            case "Gemini":
                [
                    "error": [
                        "code": .int(Int64(status)), "message": text, "status": .string(type ?? ""),
                        "details": details ?? [],
                    ]
                ]
            default: ["error": .object(error)]
            }
        return body.encoded()
    }
}

@Suite("Every error of a vendor's catalogue")
struct ErrorCatalogueTests {
    @Test("is covered for every provider whose vendor has a catalogue")
    func complete() {
        // PaLM has Google's errors. Azure has OpenAI's, which have tests of their own.
        #expect(Set(CatalogueError.folders).union(["PaLM", "Azure"]) == Set(ProviderCase.roots))
        for folder in CatalogueError.folders { #expect(CatalogueError.all.contains { $0.folder == folder }) }
    }

    @Test("reaches a client in OpenAI's format and the guard with its kind", arguments: CatalogueError.all)
    func whole(_ error: CatalogueError) throws {
        let provider = try #require(error.provider)
        if error.status >= 400 {
            expect(
                provider.failure(
                    status: error.status, headers: HTTPHeaders(), body: error.body, parser: JSONParser()), error)
        } else {
            expect(failure(of: provider, inside: error), error)
        }
    }

    /// The failure that a whole answer with status 200 is decoded to.
    private func failure(of provider: some Provider, inside error: CatalogueError) -> UpstreamFailure? {
        do throws(UpstreamFailure) {
            _ = try provider.decode(error.body, status: 200, contentType: nil)
            return nil
        } catch let failure { return failure }
    }

    private func expect(_ failure: UpstreamFailure?, _ error: CatalogueError) {
        #expect(failure?.status == error.client.status)
        #expect(failure?.type == error.client.type)
        #expect(failure?.code == .text(error.client.code))
        #expect(failure?.kind.rawValue == error.kind)
        #expect(failure?.isRetryable == error.isRetryable)
    }

    /// Errors that can be recognised without their status.
    static let selfContained = CatalogueError.all.filter { error in
        switch error.folder {
        case "AliBailian", "BaiduV2":
            [
                "insufficient_quota", "context_length_exceeded", "content_filter", "rate_limit_exceeded",
                "invalid_api_key",
            ].contains(error.client.code) || error.folder == "BaiduV2" && error.kind == "permission"
        case "Ali": ![413, 415].contains(error.status)
        case "Anthropic": error.status != 503
        // In OpenAI's format, this code only repeats the status and is not recognised.
        case "Zhipu": error.code != "500"
        default: true
        }
    }

    @Test("means the same in place of an answer and within a stream", arguments: selfContained)
    func hidden(_ error: CatalogueError) throws {
        let provider = try #require(error.provider)
        expect(failure(of: provider, inside: error), error)
        expect(failure(of: provider, stream: Array("data: ".utf8) + error.body + Array("\n\n".utf8)), error)
    }

    private func failure(of provider: some Provider, stream: [UInt8]) -> UpstreamFailure? {
        var decoder = provider.decoder()
        var events: [ChatEvent] = []
        decoder.feed(stream, into: &events)
        return ChatAnswer(events).failure
    }
}
