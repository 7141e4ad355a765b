import JSON
import MockKit
import TestKit
import TestTraits
import Testing

extension Mock {
    /// A request to Azure's part of the mock, with exactly these headers.
    func azure(
        _ method: String = "POST", _ path: String, _ body: String = "", type: String = "application/json",
        headers: [String] = ["api-key: sk-test"]
    ) throws -> Reply {
        let client = try RawClient(port: port)
        let lines = (headers + ["Content-Type: \(type)"]).map { $0 + "\r\n" }.joined()
        client.send(
            "\(method) /azure/openai/\(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(lines)"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        return Self.read(client.receiveAll())
    }

    /// A chat with one user message at a deployment.
    func tellAzure(
        _ text: String, deployment: String = "gpt-4o", version: String = "2024-12-01-preview", more: String = "",
        headers: [String] = ["api-key: sk-test"]
    ) throws -> Reply {
        try azure(
            "POST", "deployments/\(deployment)/chat/completions?api-version=\(version)",
            "{\"messages\":[{\"role\":\"user\",\"content\":\"\(text)\"}]\(more)}", headers: headers)
    }

    /// The same question through the v1 API.
    func tellV1(_ text: String, model: String = "gpt-4o", more: String = "") throws -> Reply {
        try azure(
            "POST", "v1/chat/completions",
            "{\"model\":\"\(model)\",\"messages\":[{\"role\":\"user\",\"content\":\"\(text)\"}]\(more)}")
    }
}

@Suite(.inTurn) struct AzureTests {
    static let severities = """
        "hate":{"filtered":false,"severity":"safe"},"self_harm":{"filtered":false,"severity":"safe"},\
        "sexual":{"filtered":false,"severity":"safe"},"violence":{"filtered":false,"severity":"safe"}
        """
    static let promptResults = """
        [{"prompt_index":0,"content_filter_results":{"hate":{"filtered":false,"severity":"safe"},\
        "jailbreak":{"filtered":false,"detected":false},"self_harm":{"filtered":false,"severity":"safe"},\
        "sexual":{"filtered":false,"severity":"safe"},"violence":{"filtered":false,"severity":"safe"}}}]
        """

    @Test("A whole answer has the service's bytes: compact, keys in order, the filter's results, a newline")
    func whole() async throws {
        let mock = try Mock()
        let reply = try mock.tellAzure("Hi")
        #expect(reply.status == 200)
        let id = try #require(reply.json?["id"]?.string)
        #expect(id.utf8.count == 38)
        let fingerprint = try #require(reply.json?["system_fingerprint"]?.string)
        let input = try #require(reply.json?["usage"]?["prompt_tokens"]?.int)
        let output = try #require(reply.json?["usage"]?["completion_tokens"]?.int)
        let text = try #require(reply.json?["choices"]?[0]?["message"]?["content"])
        #expect(
            reply.body == """
                {"choices":[{"content_filter_results":{"hate":{"filtered":false,"severity":"safe"},\
                "protected_material_code":{"filtered":false,"detected":false},\
                "protected_material_text":{"filtered":false,"detected":false},\
                "self_harm":{"filtered":false,"severity":"safe"},"sexual":{"filtered":false,"severity":"safe"},\
                "violence":{"filtered":false,"severity":"safe"}},"finish_reason":"stop","index":0,"logprobs":null,\
                "message":{"content":\(String(decoding: text.encoded(), as: UTF8.self)),"refusal":null,\
                "role":"assistant"}}],"created":1760000000,"id":"\(id)","model":"gpt-4o-2024-11-20",\
                "object":"chat.completion","prompt_filter_results":\(Self.promptResults),\
                "system_fingerprint":"\(fingerprint)","usage":{"completion_tokens":\(output),\
                "completion_tokens_details":{"accepted_prediction_tokens":0,"audio_tokens":0,"reasoning_tokens":0,\
                "rejected_prediction_tokens":0},"prompt_tokens":\(input),"prompt_tokens_details":{"audio_tokens":0,\
                "cached_tokens":0},"total_tokens":\(input + output)}}

                """)
        #expect(mock.server.ledger.total.promptTokens == Int(input))
        #expect(mock.server.ledger.total(model: "gpt-4o").completionTokens == Int(output))
        await mock.stop()
    }

    @Test("An answer has Azure's headers and none of OpenAI's")
    func headers() async throws {
        let mock = try Mock()
        let reply = try mock.tellAzure("Hi")
        for name in ["apim-request-id", "x-request-id", "x-ms-client-request-id"] {
            #expect(reply.header(name)?.split(separator: "-").map(\.utf8.count) == [8, 4, 4, 4, 12])
        }
        #expect(reply.header("x-ms-region") == "East US")
        #expect(reply.header("x-ms-deployment-name") == "gpt-4o")
        #expect(reply.header("x-ratelimit-remaining-requests") == "119")
        #expect(reply.header("content-type") == "application/json")
        for name in ["openai-version", "openai-processing-ms", "server", "cf-ray", "azureai-fe-is-streaming"] {
            #expect(reply.header(name) == nil)
        }
        let named = try mock.tellAzure("Hi", headers: ["api-key: sk-test", "x-ms-client-request-id: mine"])
        #expect(named.header("x-ms-client-request-id") == "mine")
        #expect(try mock.tellV1("Hi").header("azureai-fe-is-streaming") == "False")
        #expect(try mock.tellV1("Hi", more: ",\"stream\":true").header("azureai-fe-is-streaming") == "True")
        await mock.stop()
    }

    @Test("The path's deployment decides, whatever model the body names")
    func deployment() async throws {
        let mock = try Mock()
        for model in ["", ",\"model\":\"gpt-4\"", ",\"model\":\"nobody\"", ",\"model\":null", ",\"model\":7"] {
            let reply = try mock.tellAzure("Hi", deployment: "gpt-35-turbo", more: model)
            #expect(reply.status == 200)
            #expect(reply.json?["model"]?.string == "gpt-35-turbo")
        }
        #expect(mock.server.ledger.total(model: "gpt-35-turbo").answers == 5)
        #expect(mock.server.journal.entries.allSatisfy { $0.model == "gpt-35-turbo" })
        await mock.stop()
    }

    @Test("Deployments have the default names of their models, and a name without its dots is unknown")
    func deploymentNames() async throws {
        let mock = try Mock()
        for name in ["gpt-4.1", "gpt%2D4o", "gpt-35-turbo-16k", "mock-anything"] {
            #expect(try mock.tellAzure("Hi", deployment: name).status == 200)
        }
        for name in ["gpt-41", "gpt-3.5-turbo", "nope", "gpt-4o%2Fx", "chatgpt-4o-latest"] {
            let reply = try mock.tellAzure("Hi", deployment: name)
            #expect(reply.status == 404)
            #expect(reply.error?["code"]?.string == "DeploymentNotFound")
        }
        await mock.stop()
    }

    @Test(
        "An unknown version, a wrong path and a wrong method are not found",
        arguments: [
            "deployments/gpt-4o/chat/completions", "deployments/gpt-4o/chat/completions?api-version=2024-12-01",
            "deployments/gpt-4o/chat/completions?api-version=2024-10-21-preview",
            "chat/completions?api-version=2024-10-21",
            "deployments/gpt-4o/moderations?api-version=2024-10-21", "deployments?api-version=2024-10-21",
            "/deployments/gpt-4o/chat/completions?api-version=2024-10-21", "v1/nothing", "v1/models",
            "v1/chat/completions?api-version=2024-10-21",
            "deployments/dall-e-3/images/generations?api-version=2023-05-15",
        ])
    func notFound(path: String) async throws {
        let mock = try Mock()
        let reply = try mock.azure("POST", path, "{}")
        #expect(reply.status == 404)
        #expect(reply.body == "{\"error\":{\"code\":\"404\",\"message\":\"Resource not found\"}}")
        await mock.stop()
    }

    @Test("v1 reads the deployment in the body, and a version only by name", arguments: ["", "?api-version=preview"])
    func v1(query: String) async throws {
        let mock = try Mock()
        let message = "\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}]"
        let good = try mock.azure("POST", "v1/chat/completions" + query, "{\"model\":\"gpt-4.1\",\(message)}")
        #expect(good.json?["model"]?.string == "gpt-4.1-2025-04-14")
        #expect(good.json?["choices"]?[0]?["message"]?["annotations"] == [])
        let unknown = try mock.azure("POST", "v1/chat/completions" + query, "{\"model\":\"nope\",\(message)}")
        #expect(unknown.error?["code"]?.string == "DeploymentNotFound")
        let none = try mock.azure("POST", "v1/chat/completions" + query, "{\(message)}")
        #expect(none.status == 400)
        #expect(none.error?["message"]?.string == "you must provide a model parameter")
        #expect(try mock.azure("POST", "v1/images/generations", "{\"prompt\":\"x\"}").status == 400)
        await mock.stop()
    }

    @Test("The filter's results on the prompt count the images, and had another name in an old version")
    func promptFindings() async throws {
        let mock = try Mock()
        let image = "{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://example.test/a.png\"}}"
        let body = "{\"messages\":[{\"role\":\"user\",\"content\":[\(image),\(image)]}]}"
        let path = "deployments/gpt-4o/chat/completions?api-version="
        let reply = try mock.azure("POST", path + "2024-10-21", body)
        let indices = reply.json?["prompt_filter_results"]?.array?.compactMap { $0["prompt_index"]?.int }
        #expect(indices == [0, 1, 2])
        let old = try mock.azure("POST", path + "2023-07-01-preview", body)
        #expect(old.json?["prompt_annotations"]?.array?.count == 3)
        #expect(old.json?["prompt_filter_results"] == nil)
        await mock.stop()
    }

    @Test("A deployment's filter can be off, or fail")
    func filterModes() async throws {
        let mock = try Mock()
        let off = try mock.tellAzure("mock-blocked", deployment: "mock-no-filter")
        #expect(off.status == 200)
        #expect(!off.body.contains("filter_results"))
        let failed = try mock.tellAzure("Hi", deployment: "mock-filter-error")
        #expect(failed.status == 200)
        #expect(
            failed.json?["choices"]?[0]?["content_filter_results"]?["error"]?["code"]?.string == "content_filter_error")
        await mock.stop()
    }

    @Test("A filtered answer ends with content_filter and names the category")
    func filtered() async throws {
        let mock = try Mock()
        let choice = try mock.tellAzure("mock-filter").json?["choices"]?[0]
        #expect(choice?["finish_reason"]?.string == "content_filter")
        #expect(choice?["content_filter_results"]?["violence"] == ["filtered": true, "severity": "medium"])
        #expect(choice?["message"]?["content"]?.string?.isEmpty == false)
        await mock.stop()
    }

    @Test("Tools, the client's own data sources, and a script")
    func extras() async throws {
        let mock = try Mock()
        let tools = ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\"}},"
        let choice = try mock.tellAzure(
            "Call f and g", more: tools + "{\"type\":\"function\",\"function\":{\"name\":\"g\"}}]"
        ).json?["choices"]?[0]
        #expect(choice?["finish_reason"]?.string == "tool_calls")
        #expect(choice?["content_filter_results"] == [:])
        let calls = choice?["message"]?["tool_calls"]?.array ?? []
        #expect(calls.compactMap { $0["function"]?["name"]?.string } == ["f", "g"])
        let data = try mock.tellAzure("Hi", more: ",\"data_sources\":[{\"type\":\"azure_search\"}]")
        let context = data.json?["choices"]?[0]?["message"]?["context"]
        #expect(context?["citations"]?.array?.count == 1)
        #expect(context?["intent"]?.string == "[\"Hi\"]")
        var script = Script()
        script.text = "Scripted."
        script.promptTokens = 11
        mock.server.add(script, match: Match(model: "gpt-4o"))
        let scripted = try mock.tellAzure("Hi")
        #expect(scripted.json?["choices"]?[0]?["message"]?["content"]?.string == "Scripted.")
        #expect(scripted.json?["usage"]?["prompt_tokens"]?.int == 11)
        #expect(mock.server.ledger.entries.last?.promptTokens == 11)
        await mock.stop()
    }
}
