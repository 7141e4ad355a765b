import Chat
import Formats
import JSON
import Testing

@Suite("Members on which the bill depends")
struct MeteredMembersTests {
    private static func inspect(
        _ body: String, limits: RequestLimits = RequestLimits()
    ) throws(RequestError) -> ChatEnvelope {
        try ChatInspector(parser: JSONParser(), limits: limits).inspect(Array(body.utf8))
    }

    private static func top(_ rest: String) -> String {
        #"{"model":"m","messages":[{"role":"user","content":"x"}],"# + rest + "}"
    }

    private static func message(_ rest: String) -> String {
        #"{"model":"m","messages":[{"role":"user","content":"x"},{"role":"user",\#(rest)}]}"#
    }

    private static func part(_ part: String) -> String { message(#""content":["x",\#(part)]"#) }

    static let refused: [(String, RequestError.Code, String)] = [
        (top(#""Model":"o1-pro""#), .duplicateField, "model"),
        (top(#""mode\u004c":"o1-pro""#), .duplicateField, "model"),
        (#"{"Model":"m","messages":[{"role":"user"}]}"#, .invalidValue, "model"),
        (top(#""Messages":[]"#), .duplicateField, "messages"),
        (top(#""me\u017f\u017fages":[]"#), .duplicateField, "messages"),
        (top(#""n":1,"N":10"#), .duplicateField, "n"), (top(#""N":10"#), .invalidValue, "n"),
        (top(#""Stream":true"#), .invalidValue, "stream"),
        (top(#""max_tokens":5,"Max_Tokens":500000"#), .duplicateField, "max_tokens"),
        (top(#""max_to\u212aens":500000"#), .invalidValue, "max_tokens"),
        (top(#""MAX_COMPLETION_TOKENS":5"#), .invalidValue, "max_completion_tokens"),
        (top(#""Service_Tier":"priority""#), .invalidValue, "service_tier"),
        (top(#""Tools":[]"#), .invalidValue, "tools"), (top(#""Functions":[]"#), .invalidValue, "functions"),
        (top(#""Audio":{}"#), .invalidValue, "audio"), (top(#""Modalities":["audio"]"#), .invalidValue, "modalities"),
        (top(#""Cache_Control":{}"#), .invalidValue, "cache_control"),
        (top(#""stream":true,"Stream_Options":{}"#), .invalidValue, "stream_options"),
        (
            top(#""stream":true,"stream_options":{"include_usage":true,"Include_Usage":false}"#), .duplicateField,
            "stream_options.include_usage"
        ),
        (
            top(#""stream":true,"stream_options":{"INCLUDE_USAGE":false}"#), .invalidValue,
            "stream_options.include_usage"
        ),
        (message(#""content":"short","Content":"long""#), .duplicateField, "messages[1].content"),
        (message(#""content":"a","content":"b""#), .duplicateField, "messages[1].content"),
        (message(#""Content":"long""#), .invalidValue, "messages[1].content"),
        (message(#""Role":"system""#), .duplicateField, "messages[1].role"),
        (message(#""Name":"n""#), .invalidValue, "messages[1].name"),
        (message(#""tool_calls":[],"Tool_Calls":[]"#), .duplicateField, "messages[1].tool_calls"),
        (
            message(#""tool_calls":[{"function":{"arguments":"","Arguments":"x"}}]"#), .duplicateField,
            "messages[1].tool_calls[0].function.arguments"
        ),
        (message(#""function_call":{"Name":"x"}"#), .invalidValue, "messages[1].function_call.name"),
        (part(#"{"type":"text","text":"a","Text":"b"}"#), .duplicateField, "messages[1].content[1].text"),
        (part(#"{"Type":"text","text":"a"}"#), .invalidValue, "messages[1].content[1].type"),
        (
            part(#"{"type":"text","text":"a","Cache_Control":{}}"#), .invalidValue,
            "messages[1].content[1].cache_control"
        ),
        (part(#"{"type":"text","text":"a","Input_Audio":{}}"#), .invalidValue, "messages[1].content[1].input_audio"),
        (
            part(#"{"image_url":{"url":"a"},"image_url":{"url":"b"}}"#), .duplicateField,
            "messages[1].content[1].image_url"
        ),
        (part(#"{"image_url":{"url":"a","URL":"b"}}"#), .duplicateField, "messages[1].content[1].image_url.url"),
        (part(#"{"image_url":{"url":"a","Detail":"high"}}"#), .invalidValue, "messages[1].content[1].image_url.detail"),
        (
            part(#"{"type":"tool_result","content":["x",{"text":"a","TEXT":"b"}]}"#), .duplicateField,
            "messages[1].content[1].content[1].text"
        ),
        (top(#""tools":[{"type":"function","Cache_Control":{}}]"#), .invalidValue, "tools[0].cache_control"),
        (
            top(#""tools":[{"function":{"cache_control":1,"cache_control":2}}]"#), .duplicateField,
            "tools[0].function.cache_control"
        ),
        (top(#""functions":[{},{"Name":"f"}]"#), .invalidValue, "functions[1].name"),
    ]

    @Test("refuses and names a member that another decoder might take for one of ours", arguments: refused)
    func isRefused(body: String, code: RequestError.Code, path: String) {
        let error = #expect(throws: RequestError.self) { try Self.inspect(body) }
        #expect(error?.code == code)
        #expect(error?.parameter == path)
        #expect(error?.message.contains("'\(path)'") == true)
    }

    @Test(
        "ignores similar names that do not affect the bill",
        arguments: [
            top(#""X":1,"x":2,"Temperature":1,"Metadata":{"Model":"x","model":"y","model":"z"}"#),
            top(
                #""tools":[{"type":"function","function":{"parameters":{"properties":{"Name":{},"name":{},"N":{}}}}}]"#),
            message(#""content":null,"reasoning_details":[{"Text":"a","text":"b","Type":1}]"#),
            part(#"{"type":"text","text":"Model model"}"#),
        ])
    func isLetBe(body: String) throws {
        #expect(try Self.inspect(body).model == "m")
    }

    static let flags: [(String, String)] = [
        (top(#""x":"cache_control input_audio \"audio\"""#), ""),
        (message(#""content":"{\"cache_control\":1,\"input_audio\":2}""#), ""),
        (part(#"{"type":"text","text":"a","cache_control":{"type":"ephemeral"}}"#), "w"),
        (part(#"{"type":"text","text":"a","cache\u005fcontrol":{"type":"ephemeral"}}"#), "w"),
        (part(#"{"type":"text","text":"a","prompt_cache_breakpoint":{}}"#), "w"),
        (part(#"{"type":"tool_result","content":[{"text":"a","cache_contro\u006c":{}}]}"#), "w"),
        (message(#""content":"x","\u0063ache_control":{}"#), "w"), (top(#""cache\u005fcontrol":{}"#), "w"),
        (top(#""tools":[{"type":"function","\u0063ache_control":{}}]"#), "w"),
        (top(#""tools":[{"type":"function","function":{"name":"f","cache_control":{}}}]"#), "w"),
        (top(#""tools":[{"function":{"parameters":{"properties":{"cache_control":{}}}}}]"#), ""),
        (part(#"{"type":"input_audio","input_audi\u006f":{"data":"AAAA"}}"#), "h"),
        (part(#"{"type":"audio_url","audio_url":{"url":"x"}}"#), "h"), (message(#""audio":{"id":"a"}"#), "h"),
        (top(#""modalities":["text","\u0061udio"]"#), "s"), (top(#""audi\u006f":{"voice":"x"}"#), "s"),
        (top(#""modalities":["text"],"audio":null"#), ""),
    ]

    @Test("members that affect the price of a token are found, however their names are spelled", arguments: flags)
    func isFlagged(body: String, flags: String) throws {
        let envelope = try Self.inspect(body)
        #expect(envelope.writesCache == flags.contains("w"))
        #expect(envelope.hearsAudio == flags.contains("h"))
        #expect(envelope.speaks == flags.contains("s"))
    }

    static let tooMuch: [(String, String?)] = [
        (#"{"model":"m","messages":[{"role":"user"},{"role":"user"}]}"#, nil),
        (#"{"model":"m","messages":[{"role":"user"},{"role":"user"},{"role":"user"}]}"#, "messages"),
        (message(#""content":[1,2,3]"#), nil), (message(#""content":[1,2,3,4]"#), "messages[1].content"),
        (message(#""content":[1,{"content":[1,2]}]"#), "messages[1].content[1].content"),
        (top(#""tools":[{},{}]"#), nil), (top(#""tools":[{},{},{}]"#), "tools"),
        (top(#""tools":[{},{}],"functions":[{}]"#), "tools"),
    ]

    @Test("refuses more messages, parts or tools than the limit, and names the field and the limit", arguments: tooMuch)
    func limits(body: String, path: String?) throws {
        var limits = RequestLimits()
        (limits.messages, limits.parts, limits.tools) = (2, 3, 2)
        guard let path else {
            _ = try Self.inspect(body, limits: limits)
            return
        }
        let error = #expect(throws: RequestError.self) { try Self.inspect(body, limits: limits) }
        #expect(error?.parameter == path)
        #expect(error?.message.contains(path.hasSuffix("content") ? "3" : "2") == true)
    }
}
