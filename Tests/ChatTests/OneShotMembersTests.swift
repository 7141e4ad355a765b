import Chat
import Formats
import JSON
import Testing

@Suite("Members of embeddings, images and moderations")
struct OneShotMembersTests {
    private static func read(
        _ endpoint: String, _ body: String, _ limits: RequestLimits = RequestLimits()
    ) throws(RequestError) {
        let root = try OpenAIOneShotRequests.object(Array(body.utf8))
        switch endpoint {
        case "embeddings": _ = try OpenAIOneShotRequests.embeddings(root, limits: limits)
        case "images": _ = try OpenAIOneShotRequests.image(root)
        default: _ = try OpenAIOneShotRequests.moderation(root, default: "m")
        }
    }

    private static let long = String(repeating: "m", count: 257)

    static let refused: [(String, String, RequestError.Code, String)] = [
        ("embeddings", #"{"model":"m","input":"a","Model":"n"}"#, .duplicateField, "model"),
        ("embeddings", #"{"model":"m","input":"a","input":["b"]}"#, .duplicateField, "input"),
        ("embeddings", #"{"model":"m","input":"a","\u0049nput":["b"]}"#, .duplicateField, "input"),
        ("embeddings", #"{"model":"m","Input":"a"}"#, .invalidValue, "input"),
        ("images", #"{"prompt":"p","n":1,"N":10}"#, .duplicateField, "n"),
        ("images", #"{"prompt":"p","n":10,"n":1}"#, .duplicateField, "n"),
        ("images", #"{"prompt":"p","N":10}"#, .invalidValue, "n"),
        ("images", #"{"prompt":"p","model":"dall-e-2","MODEL":"dall-e-3"}"#, .duplicateField, "model"),
        ("images", #"{"prompt":"p","Quality":"hd"}"#, .invalidValue, "quality"),
        ("images", #"{"prompt":"p","\u017fize":"1792x1024"}"#, .invalidValue, "size"),
        ("images", #"{"prompt":"p","n":1e400}"#, .invalidJSON, ""),
        ("images", #"{"prompt":"p","n":1e30}"#, .invalidType, "n"),
        ("images", #"{"prompt":"p","n":9223372036854775808}"#, .invalidType, "n"),
        ("moderations", #"{"input":"a","model":"m","Model":"n"}"#, .duplicateField, "model"),
        ("moderations", #"{"input":"a","Input":"b"}"#, .duplicateField, "input"),
        ("embeddings", #"{"model":"\#(long)","input":"a"}"#, .invalidValue, "model"),
        ("embeddings", #"{"model":"","input":"a"}"#, .missingParameter, "model"),
        ("images", #"{"model":"\#(long)","prompt":"p"}"#, .invalidValue, "model"),
        ("images", #"{"size":"\#(long)","prompt":"p"}"#, .invalidValue, "size"),
        ("moderations", #"{"model":"\#(long)","input":"p"}"#, .invalidValue, "model"),
        ("embeddings", #"{"model":"m","input":["a","b","c"]}"#, .invalidValue, "input"),
        ("embeddings", #"{"model":"m","input":[1,2,3,4,5]}"#, .invalidValue, "input"),
        ("embeddings", #"{"model":"m","input":[[1,2,3],[4,5]]}"#, .invalidValue, "input[1]"),
    ]

    @Test("refuses and names ambiguous members and values beyond a limit", arguments: refused)
    func isRefused(endpoint: String, body: String, code: RequestError.Code, path: String) {
        var limits = RequestLimits()
        (limits.embeddingInputs, limits.embeddingTokens) = (2, 4)
        let error = #expect(throws: RequestError.self) { try Self.read(endpoint, body, limits) }
        #expect(error?.code == code)
        #expect(error?.parameter ?? "" == path)
    }

    @Test("accepts as much as the limits allow, including OpenAI's 2,048 inputs")
    func allowed() throws {
        var limits = RequestLimits()
        #expect(limits.embeddingInputs == 2048)
        let inputs = JSON.array(Array(repeating: "a", count: 2048)).encoded()
        try Self.read("embeddings", #"{"model":"m","input":\#(String(decoding: inputs, as: UTF8.self))}"#)
        (limits.embeddingInputs, limits.embeddingTokens) = (2, 4)
        try Self.read("embeddings", #"{"model":"m","input":[1,2,3,4]}"#, limits)
        try Self.read("embeddings", #"{"model":"m","input":[[1,2,3],[4]],"X":1,"x":2}"#, limits)
    }
}
