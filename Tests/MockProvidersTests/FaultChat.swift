import JSON
import Testing

/// A call of one of the mock's upstreams, whole or streamed. Every fault is tried on each of them.
struct FaultChat: Sendable, CustomTestStringConvertible {
    /// How an answer is delivered. What a fault can do depends on it.
    enum Delivery { case whole, events, list }

    let name: String
    let path: String
    let headers: [String]
    let body: String
    let delivery: Delivery
    /// What `no_done` leaves out; empty if the service has no end mark.
    var end = ""
    /// The status for a rate limit; some services do not use 429.
    var limitStatus = 429
    var type = "application/json"
    var tellsUsage = true

    var testDescription: String { "\(name), \(delivery)" }

    static let all = openAIs + anthropic + googles + baidus + alis + zhipus + others
    static let wholes = all.filter { $0.delivery == .whole }
    static let streams = all.filter { $0.delivery != .whole }

    private static let text = "mock-tokens-6"
    private static let turns = "\"messages\":[{\"role\":\"user\",\"content\":\"\(text)\"}]"
    private static let done = "data: [DONE]\n\n"

    /// A whole call and a streamed one, for services whose body says which.
    private static func pair(_ name: String, _ path: String, _ header: String, _ model: String) -> [FaultChat] {
        let body = "{\"model\":\"\(model)\",\(turns)"
        return [
            FaultChat(name: name, path: path, headers: [header], body: body + "}", delivery: .whole),
            FaultChat(
                name: name, path: path, headers: [header],
                body: body + ",\"stream\":true,\"stream_options\":{\"include_usage\":true}}", delivery: .events,
                end: done
            ),
        ]
    }

    private static let openAIs =
        pair("OpenAI", "/openai/v1/chat/completions", "Authorization: Bearer sk-any", "gpt-4o")
        + pair(
            "Azure", "/azure/openai/deployments/gpt-4o/chat/completions?api-version=2024-12-01-preview",
            "api-key: sk-any", "gpt-4o")
        + pair("Azure v1", "/azure/openai/v1/chat/completions", "api-key: sk-any", "gpt-4.1")

    private static let anthropic = [false, true].map { isStream in
        FaultChat(
            name: "Anthropic", path: "/anthropic/v1/messages",
            headers: ["x-api-key: sk-any", "anthropic-version: 2023-06-01"],
            body: "{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":99,\"stream\":\(isStream),\(turns)}",
            delivery: isStream ? .events : .whole,
            end: isStream ? "event: message_stop\n" : "")
    }

    private static let googles: [FaultChat] = {
        let key = ["x-goog-api-key: AIza-any"]
        let gemini: [(String, Delivery, String)] = [
            ("generateContent", .whole, ""), ("streamGenerateContent?alt=sse", .events, ""),
            ("streamGenerateContent", .list, "]"),
        ]
        let palm = [
            ("text", "text-bison-001:generateText", "{\"text\":\"\(text)\"}"),
            (
                "messages", "chat-bison-001:generateMessage",
                "{\"messages\":[{\"author\":\"0\",\"content\":\"\(text)\"}]}"
            ),
        ]
        return gemini.map { verb, delivery, end in
            FaultChat(
                name: "Gemini", path: "/gemini/v1beta/models/gemini-2.5-flash:" + verb, headers: key,
                body: "{\"contents\":[{\"parts\":[{\"text\":\"\(text)\"}]}]}", delivery: delivery, end: end)
        }
            + palm.map { kind, path, prompt in
                FaultChat(
                    name: "PaLM " + kind, path: "/palm/v1beta2/models/" + path, headers: key,
                    body: "{\"prompt\":\(prompt)}", delivery: .whole, tellsUsage: false)
            }
    }()

    private static let baidus =
        [false, true].map { isStream in
            FaultChat(
                name: "Baidu",
                path: "/baidu/rpc/2.0/ai_custom/v1/wenxinworkshop/chat/completions_pro?access_token=24.mock-any",
                headers: [], body: "{\"stream\":\(isStream),\(turns)}", delivery: isStream ? .events : .whole,
                end: isStream ? "\"is_end\":true" : "", limitStatus: 200)
        }
        + pair(
            "Baidu V2", "/baidu/v2/chat/completions", "Authorization: Bearer bce-v3/ALTAK-any/secret", "ernie-4.0-8k")

    private static let alis =
        [false, true].map { isStream in
            FaultChat(
                name: "Ali", path: "/ali/api/v1/services/aigc/text-generation/generation",
                headers: ["Authorization: Bearer sk-any", "X-DashScope-SSE: \(isStream ? "enable" : "disable")"],
                body: "{\"model\":\"qwen-plus\",\"input\":{\(turns)}}", delivery: isStream ? .events : .whole,
                limitStatus: isStream ? 200 : 429)
        }
        + pair(
            "Ali compatible", "/ali/compatible-mode/v1/chat/completions", "Authorization: Bearer sk-any", "qwen-plus")

    private static let zhipus =
        pair("Zhipu", "/zhipu/api/paas/v4/chat/completions", "Authorization: Bearer any.any-secret", "glm-4.6")
        + ["invoke", "sse-invoke"].map { action in
            FaultChat(
                name: "Zhipu 3", path: "/zhipu/api/paas/v3/model-api/chatglm_turbo/" + action,
                headers: ["Authorization: Bearer any.any-secret"],
                body: "{\"prompt\":[{\"role\":\"user\",\"content\":\"\(text)\"}]}",
                delivery: action == "invoke" ? .whole : .events, limitStatus: 200)
        }
}
