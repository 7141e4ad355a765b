import HTTP
import JSON
import MockKit
import TestKit

/// MockProviders, which others use in their tests: damaged requests of every provider.
final class MockTarget: FuzzTarget {
    let name = "mock providers"
    let samples: [[UInt8]]
    private let mock: MockServer
    private let client: FuzzClient

    private static let chat =
        #"{"model":"MODEL","messages":[{"role":"system","content":"s"},{"role":"user","content":"hi"}],"max_tokens":50,"n":2,"stream":true,"stream_options":{"include_usage":true},"temperature":0.5,"top_p":0.9,"seed":7,"stop":["x"],"logprobs":true,"top_logprobs":2,"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"integer","minimum":1,"maximum":9,"multipleOf":2},"b":{"type":"array","minItems":1,"maxItems":3,"items":{"type":"string","minLength":2,"maxLength":9}}}}}}]}"#

    private static let routes: [(path: String, body: String)] = [
        ("/openai/v1/chat/completions", chat.replacing("MODEL", with: "gpt-4o")),
        (
            "/openai/v1/completions",
            #"{"model":"gpt-3.5-turbo-instruct","prompt":"a","max_tokens":5,"n":2,"logprobs":3}"#
        ),
        ("/openai/v1/embeddings", #"{"model":"text-embedding-3-small","input":["a",[1,2]],"dimensions":8}"#),
        (
            "/openai/v1/images/generations",
            #"{"model":"gpt-image-1","prompt":"a","n":2,"stream":true,"partial_images":2}"#
        ),
        ("/openai/v1/audio/speech", #"{"model":"tts-1","input":"hi","voice":"alloy","speed":1.5}"#),
        ("/openai/v1/moderations", #"{"input":["a"]}"#),
        ("/azure/openai/deployments/gpt-4o/chat/completions?api-version=2024-10-21", chat),
        (
            "/anthropic/v1/messages",
            #"{"model":"claude-sonnet-4-5","max_tokens":2000,"messages":[{"role":"user","content":[{"type":"text","text":"a","cache_control":{"type":"ephemeral","ttl":"1h"}}]}],"thinking":{"type":"enabled","budget_tokens":1024},"stream":true,"top_k":3,"stop_sequences":["x"]}"#
        ),
        (
            "/anthropic/v1/complete",
            #"{"model":"claude-2.1","max_tokens_to_sample":5,"prompt":"\n\nHuman: a\n\nAssistant:"}"#
        ),
        ("/anthropic/v1/models?limit=3&after_id=a", ""),
        (
            "/gemini/v1beta/models/gemini-2.5-flash:generateContent",
            #"{"contents":[{"role":"user","parts":[{"text":"a"}]}],"generationConfig":{"maxOutputTokens":50,"candidateCount":2,"topK":3,"responseLogprobs":true,"logprobs":2,"thinkingConfig":{"thinkingBudget":128}}}"#
        ),
        (
            "/gemini/v1beta/models/gemini-embedding-001:embedContent",
            #"{"content":{"parts":[{"text":"a"}]},"outputDimensionality":8}"#
        ),
        (
            "/gemini/v1beta/cachedContents",
            #"{"model":"models/gemini-2.5-flash","contents":[{"role":"user","parts":[{"text":"a"}]}],"ttl":"300s"}"#
        ),
        ("/gemini/v1beta/models?pageSize=2&pageToken=Ch3", ""),
        ("/zhipu/api/paas/v4/chat/completions", chat.replacing("MODEL", with: "glm-4.7")),
        ("/zhipu/api/paas/v4/embeddings", #"{"model":"embedding-3","input":["a"],"dimensions":256}"#),
        (
            "/ali/api/v1/services/aigc/text-generation/generation",
            #"{"model":"qwen-plus","input":{"messages":[{"role":"user","content":"a"}]},"parameters":{"max_tokens":50,"n":2,"top_k":3,"thinking_budget":9,"enable_thinking":true,"incremental_output":true}}"#
        ),
        ("/ali/compatible-mode/v1/chat/completions", chat.replacing("MODEL", with: "qwen-plus")),
        ("/ali/api/v1/tasks?page_no=2&page_size=3", ""),
        ("/baidu/v2/chat/completions", chat.replacing("MODEL", with: "ernie-4.0-8k")),
        (
            "/baidu/rpc/2.0/ai_custom/v1/wenxinworkshop/chat/completions_pro?access_token=24.mock-any",
            #"{"messages":[{"role":"user","content":"a"}],"max_output_tokens":50,"penalty_score":1.5,"top_k":3}"#
        ),
        (
            "/palm/v1beta2/models/chat-bison-001:generateMessage",
            #"{"prompt":{"messages":[{"content":"a"}]},"candidateCount":2,"topK":3}"#
        ),
        (
            "/palm/v1beta2/models/text-bison-001:generateText",
            #"{"prompt":{"text":"a"},"maxOutputTokens":9,"candidateCount":2}"#
        ),
        (
            "/_mock/script",
            #"{"text":"a","usage":{"prompt_tokens":7,"completion_tokens":9,"cached_tokens":3,"reasoning_tokens":2},"count":1}"#
        ),
        ("/_mock/requests?after=1&limit=2", ""), ("/_mock/ledger", ""),
    ]

    init() throws {
        mock = try MockServer(configuration: MockConfiguration(seed: 7))
        client = FuzzClient(port: try mock.start())
        samples = Self.routes.map { Array($0.body.utf8) }
    }

    private static let headers = [
        "Authorization: Bearer id.secret", "x-api-key: sk-ant-a", "anthropic-version: 2023-06-01",
        "x-goog-api-key: AIza-a", "api-key: a",
    ]

    func check(_ input: [UInt8], _ generator: inout Generator) -> String? {
        let own = Self.routes.filter { !$0.body.isEmpty && $0.body.utf8.prefix(16).elementsEqual(input.prefix(16)) }
        let all = own.isEmpty || generator.below(8) == 0 ? Self.routes : own
        let route = all[generator.below(all.count)]
        let mark = route.path.firstIndex(of: "?") ?? route.path.endIndex
        let query = generator.damaged(Array(route.path[mark...].utf8)).filter { $0 > 0x20 && $0 < 0x7f && $0 != 0x23 }
        let path = route.path[..<mark] + (query.first == 0x3f ? String(decoding: query, as: UTF8.self) : "")
        LastInput.becomes("\(path) \(String(decoding: input, as: UTF8.self))")
        let answer = client.ask(
            route.body.isEmpty ? "GET" : "POST", String(path), route.body.isEmpty ? nil : input, headers: Self.headers)
        return answer.status == 0 ? "no answer to \(path)" : nil
    }
}
