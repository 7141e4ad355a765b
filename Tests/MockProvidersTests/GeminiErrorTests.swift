import JSON
import MockKit
import TestTraits
import Testing

@Suite(.inTurn) struct GeminiErrorTests {
    private static let path: String = "/gemini/v1beta/models/gemini-2.5-flash:generateContent"
    private static let hi: String = "{\"contents\":[{\"parts\":[{\"text\":\"Hi\"}]}]}"

    @Test("An error has the service's bytes")
    func layout() async throws {
        let mock = try Mock()
        let reply = try mock.generate("Hi", model: "gemini-3.6-flahs")
        #expect(reply.status == 404)
        #expect(reply.header("content-type") == "application/json; charset=UTF-8")
        #expect(
            reply.body == """
                {
                  "error": {
                    "code": 404,
                    "message": "models/gemini-3.6-flahs is not found for API version v1beta, or is not supported for \
                generateContent. Call ModelService.ListModels to see the list of available models and their supported \
                methods.",
                    "status": "NOT_FOUND"
                  }
                }

                """)
        await mock.stop()
    }

    struct Door: Sendable, CustomTestStringConvertible {
        var query = ""
        var headers: [String] = []
        let status: Int
        let message: String
        var testDescription: String { message }
    }

    static let doors: [Door] = [
        Door(status: 403, message: "Method doesn't allow unregistered callers"),
        Door(headers: ["x-goog-api-key: AIza-mock-bad"], status: 400, message: "API key not valid."),
        Door(headers: ["x-goog-api-key: AIza-mock-expired"], status: 400, message: "API key expired."),
        Door(
            headers: ["x-goog-api-key: AIza-mock-leaked"], status: 403, message: "Your API key was reported as leaked."),
        Door(headers: ["x-goog-api-key: AIza-mock-disabled"], status: 403, message: "Generative Language API has not"),
        Door(query: "?key=AIza-mock-abroad", status: 400, message: "User location is not supported"),
        Door(query: "?key=", status: 400, message: "API Key not found."),
        Door(headers: ["Authorization: Bearer AIza-test"], status: 401, message: "Request had invalid authentication"),
        Door(
            headers: ["Authorization: Bearer ya29.mock-expired"], status: 401,
            message: "Request had invalid authentication"),
    ]

    @Test("Each wrong key has its own answer", arguments: doors)
    func door(_ door: Door) async throws {
        let mock = try Mock()
        let reply = try mock.google("POST", Self.path + door.query, Self.hi, headers: door.headers)
        #expect(reply.status == door.status)
        #expect(reply.error?["code"]?.int == Int64(door.status))
        #expect(reply.error?["message"]?.string?.hasPrefix(door.message) == true)
        await mock.stop()
    }

    @Test("A key in the query or an OAuth token works too")
    func openDoors() async throws {
        let mock = try Mock()
        #expect(try mock.google("POST", Self.path + "?key=AIza-1", Self.hi, headers: []).status == 200)
        let token = ["Authorization: Bearer ya29.token"]
        #expect(try mock.google("POST", Self.path, Self.hi, headers: token).status == 200)
        #expect(mock.server.ledger.total(key: "AIza-1").answers == 1)
        await mock.stop()
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        var contents = "{\"parts\":[{\"text\":\"Hi\"}]}"
        var more = ""
        var model = "gemini-2.5-flash"
        let message: String
        var testDescription: String { message }
    }

    private static let function: String =
        "\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\"}]}]"
    private static let call: String = "{\"role\":\"model\",\"parts\":[{\"functionCall\":{\"name\":\"f\"}}]}"
    private static func config(_ fields: String) -> String { ",\"generationConfig\":{\(fields)}" }

    static let refusals: [Refusal] = [
        Refusal(contents: "", message: "* GenerateContentRequest.contents: contents is not specified\n"),
        Refusal(
            contents: "{\"parts\":[{}]}",
            message: "* GenerateContentRequest.contents[0].parts[0].data: required oneof field 'data' must have one "
                + "initialized field\n"),
        Refusal(
            contents: "{\"role\":\"system\",\"parts\":[{\"text\":\"Hi\"}]}",
            message: "Please use a valid role: user, model."),
        Refusal(
            contents: call,
            message: "Please ensure that function call turn comes immediately after a user turn or after a function "
                + "response turn."),
        Refusal(
            contents: "{\"parts\":[{\"text\":\"Hi\"}]},\(call),{\"parts\":[{\"text\":\"Well?\"}]}",
            message: "Please ensure that the number of function response parts is equal to the number of function call "
                + "parts of the function call turn."),
        Refusal(
            contents: "{\"parts\":[{\"inlineData\":{\"mimeType\":\"image/png\",\"data\":\"QUJD\"}}]}",
            message: "Unable to process input image. Please retry or report in "
                + "https://developers.generativeai.google/guide/troubleshooting"),
        Refusal(
            more: config("\"temperature\":\"x\""),
            message: "Invalid value at 'generation_config.temperature' (TYPE_FLOAT), \"x\""),
        Refusal(
            more: ",\"max_tokens\":5",
            message: "Invalid JSON payload received. Unknown name \"max_tokens\": Cannot find field."),
        Refusal(
            more: ",\"systemInstruction\":\"Be brief.\"",
            message: "Invalid value at 'system_instruction' "
                + "(type.googleapis.com/google.ai.generativelanguage.v1beta.Content), \"Be brief.\""),
        Refusal(
            more: ",\(function)" + config("\"responseMimeType\":\"application/json\""),
            message: "Function calling with a response mime type: 'application/json' is unsupported"),
        Refusal(
            more: config("\"thinkingConfig\":{\"thinkingBudget\":0}"), model: "gemini-2.5-pro",
            message: "Budget 0 is invalid. This model only works in thinking mode."),
        Refusal(
            more: config("\"thinkingConfig\":{\"thinkingBudget\":4,\"thinkingLevel\":\"LOW\"}"),
            message: "You can only set only one of thinking budget and thinking level."),
        Refusal(
            more: config("\"thinkingConfig\":{\"thinkingBudget\":5}"), model: "gemini-2.5-pro",
            message: "The thinking budget 5 is invalid. Please choose a value between 128 and 32768."),
        Refusal(
            more: config("\"responseSchema\":{\"type\":\"STRING\"}"),
            message: "* GenerateContentRequest.generation_config.response_schema: only allowed when response_mime_type "
                + "is `application/json`.\n"),
        Refusal(
            more: ",\(function),\"toolConfig\":{\"functionCallingConfig\":{\"allowedFunctionNames\":[\"f\"]}}",
            message: "Allowed function names can only be set when function calling mode is ANY."),
        Refusal(
            more: ",\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\"}]},{\"googleSearch\":{}}]",
            message: "Tool use with function calling is unsupported"),
        Refusal(
            more: ",\"cachedContent\":\"cachedContents/none\"",
            message: "CachedContent not found (or permission denied)"),
        Refusal(
            contents: "{\"parts\":[{\"fileData\":{\"fileUri\":"
                + "\"https://generativelanguage.googleapis.com/v1beta/files/abc\"}}]}",
            message: "You do not have permission to access the File abc or it may not exist."),
    ]

    @Test("A bad request gets the service's own refusal", arguments: refusals)
    func refusal(_ refusal: Refusal) async throws {
        let mock = try Mock()
        let reply = try mock.contents(refusal.contents, model: refusal.model, more: refusal.more)
        #expect(reply.error?["message"]?.string == refusal.message)
        let isDenied = reply.error?["status"] == "PERMISSION_DENIED"
        #expect(reply.status == (isDenied ? 403 : 400))
        #expect(mock.server.ledger.total.answers == 0)
        await mock.stop()
    }

    @Test("A prompt that is too long and a body that is too large")
    func sizes() async throws {
        let mock = try Mock()
        let long = String(repeating: "word ", count: 40_000)
        let reply = try mock.generate(long, model: "gemini-1.0-pro")
        #expect(
            reply.error?["message"]?.string
                == "The input token count (40001) exceeds the maximum number of tokens allowed (30720).")
        let huge = String(repeating: "x", count: 21 << 20)
        #expect(
            try mock.generate(huge).error?["message"]?.string
                == "Request payload size exceeds the limit: 20971520 bytes.")
        await mock.stop()
    }

    static let names: [(String, Int, String)] = [
        ("400", 400, "INVALID_ARGUMENT"), ("401", 401, "UNAUTHENTICATED"), ("403", 403, "PERMISSION_DENIED"),
        ("404", 404, "NOT_FOUND"), ("409", 409, "ABORTED"), ("422", 422, "INVALID_ARGUMENT"),
        ("429", 429, "RESOURCE_EXHAUSTED"), ("499", 499, "CANCELLED"), ("500", 500, "INTERNAL"),
        ("503", 503, "UNAVAILABLE"), ("504", 504, "DEADLINE_EXCEEDED"), ("api_key_invalid", 400, "INVALID_ARGUMENT"),
        ("api_key_not_found", 400, "INVALID_ARGUMENT"), ("api_key_expired", 400, "INVALID_ARGUMENT"),
        ("api_key_leaked", 403, "PERMISSION_DENIED"), ("no_api_key", 403, "PERMISSION_DENIED"),
        ("service_disabled", 403, "PERMISSION_DENIED"), ("resource_exhausted", 429, "RESOURCE_EXHAUSTED"),
        ("daily_quota_exceeded", 429, "RESOURCE_EXHAUSTED"), ("tokens", 429, "RESOURCE_EXHAUSTED"),
        ("location_unsupported", 400, "FAILED_PRECONDITION"), ("schema_keyword", 400, "INVALID_ARGUMENT"),
        ("no_contents", 400, "INVALID_ARGUMENT"), ("empty_part", 400, "INVALID_ARGUMENT"),
        ("bad_role", 400, "INVALID_ARGUMENT"), ("call_order", 400, "INVALID_ARGUMENT"),
        ("response_count", 400, "INVALID_ARGUMENT"), ("missing_thought_signature", 400, "INVALID_ARGUMENT"),
        ("context_length_exceeded", 400, "INVALID_ARGUMENT"), ("bad_image", 400, "INVALID_ARGUMENT"),
        ("bad_json", 400, "INVALID_ARGUMENT"), ("wrong_type", 400, "INVALID_ARGUMENT"),
        ("unknown_field", 400, "INVALID_ARGUMENT"), ("json_with_functions", 400, "INVALID_ARGUMENT"),
        ("thinking_budget", 400, "INVALID_ARGUMENT"), ("url_denied", 400, "INVALID_ARGUMENT"),
        ("file_denied", 403, "PERMISSION_DENIED"), ("deadline_expired", 504, "DEADLINE_EXCEEDED"),
        ("overloaded", 503, "UNAVAILABLE"), ("request_too_large", 400, "INVALID_ARGUMENT"),
    ]

    @Test("Each name in the catalogue gives its status", arguments: names)
    func catalogue(name: String, status: Int, word: String) async throws {
        let mock = try Mock()
        let reply = try mock.generate("Hi", model: "mock-error-\(name)")
        #expect(reply.status == status)
        #expect(reply.error?["status"]?.string == word)
        #expect(reply.error?["message"]?.string?.contains("knows no error") == false)
        await mock.stop()
    }

    @Test("Error details describe keys, disabled services and exhausted quotas")
    func details() async throws {
        let mock = try Mock()
        func kinds(_ name: String) throws -> [String] {
            let details = try mock.generate("Hi", model: "mock-error-\(name)").error?["details"]?.array ?? []
            return details.compactMap { $0["@type"]?.string?.split(separator: ".").last.map(String.init) }
        }
        #expect(try kinds("api_key_invalid") == ["ErrorInfo", "LocalizedMessage"])
        #expect(try kinds("service_disabled") == ["ErrorInfo", "Help", "LocalizedMessage"])
        #expect(try kinds("429") == ["QuotaFailure", "Help", "RetryInfo"])
        let daily = try mock.generate("Hi", model: "mock-error-daily_quota_exceeded")
        let quota = daily.error?["details"]?[0]?["violations"]?[0]
        #expect(quota?["quotaId"] == "GenerateRequestsPerDayPerProjectPerModel-FreeTier")
        #expect(quota?["quotaDimensions"]?["model"] == "mock-error-daily_quota_exceeded")
        #expect(daily.error?["details"]?[2]?["retryDelay"] == "26s")
        await mock.stop()
    }

    @Test("Wrong paths and methods get the front end's page")
    func pages() async throws {
        let mock = try Mock()
        let wrong = [
            ("POST", "/gemini/v1beta/models/gemini-2.5-flash:generate", 404), ("GET", "/gemini/v2/models", 404),
            ("GET", "/gemini/v1beta/nothing", 404), ("POST", "/gemini/v1beta/models/gemini-2.5-flash", 404),
            ("PUT", "/gemini/v1beta/models", 405),
        ]
        for (method, path, status) in wrong {
            let reply = try mock.google(method, path)
            #expect(reply.status == status)
            #expect(reply.header("content-type") == "text/html; charset=UTF-8")
            #expect(reply.body.contains("<b>\(status).</b> <ins>That’s an error.</ins>"))
        }
        #expect(try mock.generate("Hi", model: "mock-error-502").status == 502)
        await mock.stop()
    }

    @Test("No body crashes the mock")
    func hostile() async throws {
        let mock = try Mock()
        let bodies = [
            "", "{", "[]", "null", "{\"contents\":null}", "{\"contents\":7}", "{\"contents\":[[]]}",
            "{\"contents\":[null]}", "{\"contents\":[{\"parts\":[7]}]}", "{\"contents\":[{\"parts\":{\"text\":7}}]}",
            "{\"contents\":[{\"parts\":[{\"inlineData\":7}]}]}",
            "{\"contents\":[{\"parts\":[{\"text\":\"a\"}]}],\"tools\":[7]}",
            "{\"contents\":[{\"parts\":[{\"text\":\"a\"}]}],\"generationConfig\":{\"maxOutputTokens\":1e400}}",
            "{\"contents\":[{\"parts\":[{\"text\":\"a\"}]}],\"generationConfig\":{\"seed\":9223372036854775807}}",
            "{\"contents\":[{\"parts\":[{\"functionResponse\":{}}]}]}",
        ]
        for body in bodies {
            let reply = try mock.google("POST", Self.path, body)
            #expect(reply.status == 400, "\(body)")
        }
        for path in ["/gemini/", "/gemini/v1beta/", "/gemini/v1beta/models/", "/gemini/v1beta/models/:", "/gemini/%"] {
            #expect(try mock.google("POST", path, Self.hi).status == 404)
        }
        await mock.stop()
    }
}
