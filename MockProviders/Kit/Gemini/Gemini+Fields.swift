import JSON

extension Gemini {
    /// The fields of the requests, from the service's API description (spec/wire/gemini.md §§2, 4, 8).
    enum Fields {
        private static let blob: Google.Shape = .message(
            "Blob", ["mimeType": .string, "data": .bytes, "displayName": .string])
        private static let file: Google.Shape = .message(
            "FileData", ["mimeType": .string, "fileUri": .string, "displayName": .string])

        private static let part: Google.Shape = .message(
            "Part",
            [
                "text": .string, "inlineData": blob, "fileData": file,
                "functionCall": .message("FunctionCall", ["id": .string, "name": .string, "args": .object]),
                "functionResponse": .message(
                    "FunctionResponse",
                    [
                        "id": .string, "name": .string, "response": .object, "willContinue": .bool,
                        "scheduling": .string,
                        "parts": .list(.message("FunctionResponsePart", ["inlineData": blob, "fileData": file])),
                    ]),
                "executableCode": .object, "codeExecutionResult": .object, "toolCall": .object, "toolResponse": .object,
                "thought": .bool, "thoughtSignature": .bytes, "videoMetadata": .object, "mediaResolution": .free,
            ])

        static let content: Google.Shape = .message("Content", ["role": .string, "parts": .list(part)])

        private static let function: Google.Shape = .message(
            "FunctionDeclaration",
            [
                "name": .string, "description": .string, "parameters": .schema, "parametersJsonSchema": .free,
                "response": .schema, "responseJsonSchema": .free, "behavior": .string,
            ])

        private static let tool: Google.Shape = .message(
            "Tool",
            [
                "functionDeclarations": .list(function), "googleSearch": .object, "urlContext": .object,
                "codeExecution": .object, "fileSearch": .object, "googleMaps": .object, "computerUse": .object,
                "googleSearchRetrieval": .object,
            ])

        private static let toolConfig: Google.Shape = .message(
            "ToolConfig",
            [
                "functionCallingConfig": .message(
                    "FunctionCallingConfig",
                    [
                        "mode": .choice("Mode", ["MODE_UNSPECIFIED", "AUTO", "ANY", "NONE", "VALIDATED"]),
                        "allowedFunctionNames": .list(.string),
                    ]),
                "retrievalConfig": .object, "includeServerSideToolInvocations": .bool,
            ])

        private static let levels = ["THINKING_LEVEL_UNSPECIFIED", "LOW", "HIGH", "MEDIUM", "MINIMAL", "XHIGH"]

        private static let generationConfig: Google.Shape = .message(
            "GenerationConfig",
            [
                "temperature": .float, "topP": .float, "topK": .float, "candidateCount": .int, "maxOutputTokens": .int,
                "stopSequences": .list(.string), "seed": .int, "presencePenalty": .float, "frequencyPenalty": .float,
                "responseMimeType": .string, "responseSchema": .schema, "responseJsonSchema": .free,
                "responseModalities": .list(.choice("Modality", ["MODALITY_UNSPECIFIED", "TEXT", "IMAGE", "AUDIO"])),
                "responseLogprobs": .bool, "logprobs": .int, "speechConfig": .object,
                "imageConfig": .message("ImageConfig", ["aspectRatio": .string, "imageSize": .string]),
                "mediaResolution": .string,
                "thinkingConfig": .message(
                    "ThinkingConfig",
                    [
                        "thinkingBudget": .int, "includeThoughts": .bool,
                        "thinkingLevel": .choice("ThinkingLevel", levels),
                    ]),
            ])

        private static let safety: Google.Shape = .message(
            "SafetySetting",
            [
                "category": .choice("HarmCategory", Names.categories),
                "threshold": .choice(
                    "HarmBlockThreshold",
                    [
                        "HARM_BLOCK_THRESHOLD_UNSPECIFIED", "BLOCK_LOW_AND_ABOVE", "BLOCK_MEDIUM_AND_ABOVE",
                        "BLOCK_ONLY_HIGH", "BLOCK_NONE", "OFF",
                    ]),
            ])

        static let generate: [String: Google.Shape] = [
            "model": .string, "contents": .list(content), "systemInstruction": content, "tools": .list(tool),
            "toolConfig": toolConfig, "safetySettings": .list(safety), "generationConfig": generationConfig,
            "cachedContent": .string, "serviceTier": .string, "labels": .object, "store": .bool,
        ]

        static let count: [String: Google.Shape] = [
            "model": .string, "contents": .list(content),
            "generateContentRequest": .message("GenerateContentRequest", generate),
        ]

        static let countOnVertex: [String: Google.Shape] = [
            "model": .string, "contents": .list(content),
            "generateContentRequest": .message("GenerateContentRequest", generate),
            "systemInstruction": content, "tools": .list(tool), "generationConfig": generationConfig,
        ]

        static let embed: [String: Google.Shape] = [
            "model": .string, "content": content, "title": .string, "outputDimensionality": .int,
            "taskType": .choice(
                "TaskType",
                [
                    "TASK_TYPE_UNSPECIFIED", "RETRIEVAL_QUERY", "RETRIEVAL_DOCUMENT", "SEMANTIC_SIMILARITY",
                    "CLASSIFICATION", "CLUSTERING", "QUESTION_ANSWERING", "FACT_VERIFICATION", "CODE_RETRIEVAL_QUERY",
                ]),
        ]

        static let embedBatch: [String: Google.Shape] = [
            "requests": .list(.message("EmbedContentRequest", embed)), "model": .string,
        ]

        static let predict: [String: Google.Shape] = [
            "instances": .list(.message("Instance", ["prompt": .string])), "parameters": .object, "labels": .object,
        ]

        static let upload: [String: Google.Shape] = [
            "file": .message(
                "File",
                ["name": .string, "displayName": .string, "mimeType": .string, "sizeBytes": .free, "uri": .string])
        ]

        /// The fields of a cache that can be changed.
        static let expiry: [String: Google.Shape] = ["name": .string, "ttl": .string, "expireTime": .string]

        static let cache: [String: Google.Shape] = [
            "model": .string, "displayName": .string, "contents": .list(content), "systemInstruction": content,
            "tools": .list(tool), "toolConfig": toolConfig, "ttl": .string, "expireTime": .string,
        ]
    }
}
