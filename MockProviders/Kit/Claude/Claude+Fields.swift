extension Claude.Shape {
    private static let shared: [String: Claude.Rule] = [
        "model": .string, "messages": .list, "system": .stringOrList, "tools": .list, "tool_choice": .object,
        "thinking": .object, "output_config": .object, "output_format": .object, "cache_control": .object,
        "context_management": .object, "mcp_servers": .list, "speed": .choice(["standard", "fast"]),
    ]
    private static let nullable: Set<String> = [
        "cache_control", "container", "inference_geo", "output_format", "context_management", "speed", "diagnostics",
    ]
    private static let betas = [
        "output_format": "structured-outputs-", "context_management": "context-management-",
        "mcp_servers": "mcp-client-",
    ]

    /// `POST /v1/messages` (spec/wire/anthropic.md §2).
    static let messages = Claude.Shape(
        required: ["model", "max_tokens", "messages"],
        fields: shared.merging(
            [
                "max_tokens": .integer(min: 0), "stream": .bool, "temperature": .unit, "top_p": .unit,
                "top_k": .integer(min: 0), "stop_sequences": .list, "metadata": .object, "container": .any,
                "service_tier": .choice(["auto", "standard_only"]), "inference_geo": .string, "diagnostics": .object,
                "user_profile_id": .string, "workspace_id": .string,
            ], uniquingKeysWith: { first, _ in first }), nullable: nullable, betas: betas)

    /// `POST /v1/messages/count_tokens` (§8).
    static let counting = Claude.Shape(
        required: ["model", "messages"],
        fields: shared.merging(
            ["user_profile_id": .string, "workspace_id": .string], uniquingKeysWith: { first, _ in first }),
        nullable: nullable, betas: betas)

    /// `POST /v1/complete` (§8).
    static let completion = Claude.Shape(
        required: ["model", "prompt", "max_tokens_to_sample"],
        fields: [
            "model": .string, "prompt": .string, "max_tokens_to_sample": .integer(min: 0), "stop_sequences": .list,
            "stream": .bool, "temperature": .unit, "top_p": .unit, "top_k": .integer(min: 0), "metadata": .object,
        ], nullable: ["stop_sequences", "metadata"])

    static let message = Claude.Shape(
        required: ["role", "content"], fields: ["role": .string, "content": .stringOrList])
    static let metadata = Claude.Shape(fields: ["user_id": .string], nullable: ["user_id"])
    static let cacheControl = Claude.Shape(
        required: ["type"], fields: ["type": .choice(["ephemeral"]), "ttl": .choice(["5m", "1h"])], nullable: ["ttl"])
    static let outputConfig = Claude.Shape(
        fields: [
            "effort": .choice(["low", "medium", "high", "xhigh", "max"]), "format": .object, "task_budget": .object,
        ], nullable: ["effort", "format", "task_budget"], betas: ["task_budget": "task-budgets-"])
    static let outputFormat = Claude.Shape(
        required: ["type", "schema"], fields: ["type": .choice(["json_schema"]), "schema": .object])

    /// The values of `thinking`, by type.
    static let thinking: [String: Claude.Shape] = [
        "enabled": Claude.Shape(
            required: ["type", "budget_tokens"],
            fields: ["type": .string, "budget_tokens": .integer(min: 1024), "display": display], nullable: ["display"]),
        "adaptive": Claude.Shape(fields: ["type": .string, "display": display], nullable: ["display"]),
        "disabled": Claude.Shape(fields: ["type": .string]),
    ]
    private static let display = Claude.Rule.choice(["summarized", "omitted"])

    /// The values of `tool_choice`, by type.
    static let toolChoice: [String: Claude.Shape] = [
        "auto": Claude.Shape(fields: ["type": .string, "disable_parallel_tool_use": .bool]),
        "any": Claude.Shape(fields: ["type": .string, "disable_parallel_tool_use": .bool]),
        "tool": Claude.Shape(
            required: ["name"], fields: ["type": .string, "name": .string, "disable_parallel_tool_use": .bool]),
        "none": Claude.Shape(fields: ["type": .string]),
    ]

    /// A tool that the caller defines (§4).
    static let tool = Claude.Shape(
        required: ["name", "input_schema"],
        fields: [
            "name": .string, "input_schema": .object, "description": .string, "strict": .bool, "cache_control": .object,
            "defer_loading": .bool, "input_examples": .list, "eager_input_streaming": .bool, "allowed_callers": .list,
            "type": .string,
        ], nullable: ["cache_control", "description", "type", "strict", "eager_input_streaming"])

    /// The blocks of a message, by type (§2.2).
    static let blocks: [String: Claude.Shape] = [
        "text": block(["text": .string], ["citations": .list]),
        "image": block(["source": .object]),
        "document": block(["source": .object], ["title": .string, "context": .string, "citations": .object]),
        "search_result": block(["source": .string, "title": .string, "content": .list], ["citations": .object]),
        "thinking": Claude.Shape(
            required: ["thinking", "signature"], fields: ["type": .string, "thinking": .string, "signature": .string]),
        "redacted_thinking": Claude.Shape(required: ["data"], fields: ["type": .string, "data": .string]),
        "tool_use": block(["id": .string, "name": .string, "input": .object], ["caller": .object]),
        "tool_result": block(["tool_use_id": .string], ["content": .stringOrList, "is_error": .bool]),
        "tool_reference": block(["tool_name": .string]),
        "server_tool_use": block(["id": .string, "name": .string, "input": .object], ["caller": .object]),
        "web_search_tool_result": result, "web_fetch_tool_result": result, "code_execution_tool_result": result,
        "bash_code_execution_tool_result": result, "text_editor_code_execution_tool_result": result,
        "tool_search_tool_result": result, "container_upload": block(["file_id": .string]),
        "mcp_tool_use": block(["id": .string, "name": .string, "server_name": .string, "input": .object]),
        "mcp_tool_result": block(["tool_use_id": .string], ["content": .stringOrList, "is_error": .bool]),
        "advisor_tool_result": result, "compaction": block(["content": .any], ["signature": .string]),
    ]
    private static let result = block(["tool_use_id": .string, "content": .any], ["caller": .object])

    private static func block(_ required: [String: Claude.Rule], _ more: [String: Claude.Rule] = [:]) -> Claude.Shape {
        var fields = required.merging(more, uniquingKeysWith: { first, _ in first })
        fields["type"] = .string
        fields["cache_control"] = .object
        return Claude.Shape(
            required: required.keys.sorted(), fields: fields, nullable: Set(more.keys).union(["cache_control"]))
    }

    /// The sources of images and documents, by type.
    static let sources: [String: Claude.Shape] = [
        "base64": Claude.Shape(
            required: ["media_type", "data"], fields: ["type": .string, "media_type": .string, "data": .string]),
        "url": Claude.Shape(required: ["url"], fields: ["type": .string, "url": .string]),
        "file": Claude.Shape(required: ["file_id"], fields: ["type": .string, "file_id": .string]),
        "text": Claude.Shape(
            required: ["media_type", "data"],
            fields: ["type": .string, "media_type": .choice(["text/plain"]), "data": .string]),
        "content": Claude.Shape(required: ["content"], fields: ["type": .string, "content": .stringOrList]),
    ]
}
