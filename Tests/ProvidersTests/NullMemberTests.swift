import Chat
import HTTP
import JSON
import Providers
import Testing

/// A member that is null says nothing: it must not hide another that does.
@Suite("A member that is null")
struct NullMemberTests {
    private func answer(_ choice: String, _ usage: String = "null") throws -> ChatAnswer {
        let body = #"{"id":"1","model":"m","choices":[\#(choice)],"usage":\#(usage)}"#
        return ChatAnswer(try OpenAI().decode(Array(body.utf8), status: 200, contentType: nil))
    }

    @Test("hides no thoughts under the other name, and no message behind a delta")
    func openAI() throws {
        let thoughts = #"{"message":{"reasoning_content":null,"reasoning":"Hm.","content":"x"}}"#
        #expect(try answer(thoughts).choices.first?.reasoning == "Hm.")
        #expect(
            try answer(#"{"message":{"reasoning_content":"","reasoning":"Hm."}}"#).choices.first?.reasoning == "Hm.")
        #expect(try answer(#"{"delta":null,"message":{"content":"x"}}"#).choices.first?.text == "x")
    }

    @Test("hides no call")
    func calls() throws {
        let call = #"{"id":"a","custom":null,"function":{"name":"f","arguments":{"q":1}}}"#
        let made = try answer(#"{"message":{"content":null,"tool_calls":[\#(call)]}}"#).choices.first?.toolCalls.first
        #expect(made?.name == "f" && made?.arguments == #"{"q":1}"#)
    }

    @Test("hides no count of cached tokens")
    func cached() throws {
        let usage =
            #"{"prompt_tokens":9,"completion_tokens":1,"prompt_tokens_details":{"cached_tokens":null},"prompt_cache_hit_tokens":4}"#
        #expect(try answer(#"{"message":{"content":"x"}}"#, usage).usage?.cachedTokens == 4)
    }

    @Test("is no arguments of a call, and no title of a page, at Gemini")
    func gemini() throws {
        let body =
            #"{"candidates":[{"content":{"parts":[{"text":"x"},{"functionCall":{"name":"f","args":null}}]},"finishReason":"STOP","#
            + #""groundingMetadata":{"groundingChunks":[{"web":null,"maps":{"uri":"https://example.com","title":null}}]}}]}"#
        let choice = ChatAnswer(try Gemini().decode(Array(body.utf8), status: 200, contentType: nil)).choices.first
        #expect(choice?.toolCalls.first?.arguments == "{}")
        #expect(choice?.citations.first?.value["url_citation"]?["title"] == "")
    }

    @Test("is no answer of ERNIE's, and no count")
    func baidu() throws {
        func decode(_ body: String) throws -> ChatAnswer {
            ChatAnswer(try Baidu().decode(Array(body.utf8), status: 200, contentType: nil))
        }
        #expect(throws: UpstreamFailure.self) { try decode(#"{"id":"1","result":null,"function_call":null}"#) }
        let answer = try decode(
            #"{"id":"1","result":"","function_call":{"name":"f","arguments":{"q":1}},"#
                + #""usage":{"prompt_tokens":3,"completion_tokens":null,"total_tokens":5}}"#)
        #expect(answer.choices.first?.toolCalls.first?.arguments == #"{"q":1}"#)
        #expect(answer.usage?.completionTokens == 2)
    }

    @Test(
        "and an error that is no object leave the vendor's word beside them to tell the kind",
        arguments: ["null", #""No money""#, "[]", "false", "7"])
    func errors(_ error: String) {
        let body = #"{"error":\#(error),"code":"Arrearage","message":"No money"}"#
        let failure = OpenAIErrors.failure(
            status: 400, headers: HTTPHeaders(), body: Array(body.utf8), parser: JSONParser())
        #expect(failure.kind == .quotaExceeded && failure.status == 429)
        #expect(failure.code == .text("insufficient_quota") && failure.message == "No money")
    }
}
