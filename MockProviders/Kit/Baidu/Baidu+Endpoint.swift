extension Baidu {
    /// An endpoint of the workshop, by the last step of its path, with its limits.
    struct Endpoint: Sendable {
        let name: String
        /// The model's name in the list of services.
        let model: String
        /// The limit of the last message with the system text. At models with `countsAll` it is the limit of all
        /// messages.
        var maxCharacters = 20_000
        var maxInput = 5_120
        var maxOutput = 2_048
        var countsAll = false
        /// `top_p` must not be 0.
        var isStrict = false

        /// Any endpoint with `mock-` in its name exists, without limits.
        static func find(_ name: String, under kind: String) -> Endpoint? {
            if name.firstRange(of: "mock-") != nil {
                return Endpoint(name: name, model: name, maxCharacters: .max, maxInput: .max, maxOutput: 1 << 30)
            }
            // A chat model's raw completion has the same name as its chat.
            return all[kind]?[name] ?? (kind == "completions" ? all["chat"]?[name] : nil)
        }

        private static func chat(_ name: String, _ model: String) -> Endpoint { Endpoint(name: name, model: model) }

        private static func large(_ name: String, _ model: String) -> Endpoint {
            Endpoint(name: name, model: model, maxCharacters: 516_096, maxInput: 126_976, maxOutput: 4_096)
        }

        private static func middle(_ name: String, _ model: String) -> Endpoint {
            Endpoint(name: name, model: model, maxCharacters: 24_000, maxInput: 6_144)
        }

        private static func short(_ name: String, _ model: String) -> Endpoint {
            Endpoint(name: name, model: model, maxCharacters: 11_200, maxInput: 7_168)
        }

        private static func old(_ name: String, _ model: String) -> Endpoint {
            Endpoint(name: name, model: model, maxCharacters: 11_200, maxInput: 7_168, isStrict: true)
        }

        private static func open(_ name: String, _ model: String) -> Endpoint {
            Endpoint(name: name, model: model, maxCharacters: 4_800, maxInput: 2_400, countsAll: true, isStrict: true)
        }

        /// The chat models of the SDK's list, with the lengths to which the SDK cuts conversations.
        static let chats = [
            chat("completions_pro", "ERNIE-4.0-8K"), chat("ernie-4.0-8k-latest", "ERNIE-4.0-8K-Latest"),
            chat("ernie-4.0-8k-preview", "ERNIE-4.0-8K-Preview"),
            chat("completions_adv_pro", "ERNIE-4.0-8K-Preview-0518"),
            chat("ernie-4.0-8k-0104", "ERNIE-4.0-8K-0104"), chat("ernie-4.0-8k-0329", "ERNIE-4.0-8K-0329"),
            chat("ernie-4.0-8k-0613", "ERNIE-4.0-8K-0613"), chat("ernie-4.0-turbo-8k", "ERNIE-4.0-Turbo-8K"),
            chat("ernie-4.0-turbo-8k-latest", "ERNIE-4.0-Turbo-8K-Latest"),
            chat("ernie-4.0-turbo-8k-preview", "ERNIE-4.0-Turbo-8K-Preview"), chat("completions", "ERNIE-3.5-8K"),
            chat("ernie-3.5-8k-preview", "ERNIE-3.5-8K-Preview"), large("ernie-3.5-128k", "ERNIE-3.5-128K"),
            chat("ernie-3.5-8k-0205", "ERNIE-3.5-8K-0205"),
            Endpoint(
                name: "ernie-3.5-8k-0329", model: "ERNIE-3.5-8K-0329", maxCharacters: 8_000, maxInput: 2_048),
            chat("ernie-3.5-8k-0613", "ERNIE-3.5-8K-0613"), chat("ernie-3.5-8k-0701", "ERNIE-3.5-8K-0701"),
            chat("ernie-3.5-8k-1222", "ERNIE-3.5-8K-1222"), chat("ernie-3.5-4k-0205", "ERNIE-3.5-4K-0205"),
            old("ernie_bot_8k", "ERNIE-Bot-8K"), short("ernie_speed", "ERNIE-Speed-8K"),
            large("ernie-speed-128k", "ERNIE-Speed-128K"), middle("ernie-speed-pro-8k", "ERNIE-Speed-Pro-8K"),
            large("ernie-speed-pro-128k", "ERNIE-Speed-Pro-128K"), old("eb-instant", "ERNIE-Lite-8K-0922"),
            short("ernie-lite-8k", "ERNIE-Lite-8K"), middle("ernie-lite-pro-8k", "ERNIE-Lite-Pro-8K"),
            short("ernie-lite-v", "ERNIE-Lite-V"), middle("ernie-tiny-8k", "ERNIE-Tiny-8K"),
            middle("ernie-char-8k", "ERNIE-Character-8K"),
            middle("ernie-char-fiction-8k", "ERNIE-Character-Fiction-8K"),
            middle("ernie-func-8k", "ERNIE-Function-8K"), middle("ernie-novel-8k", "ERNIE-Novel-8K"),
            short("ai_apaas", "ERNIE Speed-AppBuilder"), short("ai_apaas_lite", "ERNIE Lite-AppBuilder-8K-0614"),
            chat("qianfan-dynamic-8k", "Qianfan-Dynamic-8K"), open("bloomz_7b1", "BLOOMZ-7B"),
            open("qianfan_bloomz_7b_compressed", "Qianfan-BLOOMZ-7B-compressed"),
            open("llama_2_7b", "Llama-2-7B-Chat"), open("llama_2_13b", "Llama-2-13B-Chat"),
            open("llama_2_70b", "Llama-2-70B-Chat"), open("llama_3_8b", "Meta-Llama-3-8B"),
            open("llama_3_70b", "Meta-Llama-3-70B"),
            open("qianfan_chinese_llama_2_7b", "Qianfan-Chinese-Llama-2-7B"),
            open("qianfan_chinese_llama_2_13b", "Qianfan-Chinese-Llama-2-13B"),
            open("qianfan_chinese_llama_2_70b", "Qianfan-Chinese-Llama-2-70B"),
            open("chatglm2_6b_32k", "ChatGLM2-6B-32K"), open("aquilachat_7b", "AquilaChat-7B"),
            open("xuanyuan_70b_chat", "XuanYuan-70B-Chat-4bit"), open("chatlaw", "ChatLaw"),
            open("yi_34b_chat", "Yi-34B-Chat"), open("mixtral_8x7b_instruct", "Mixtral-8x7B-Instruct"),
            open("gemma_7b_it", "Gemma-7B-it"),
        ]

        /// The endpoints by the first step of their paths, in the order of the list of services.
        static let services: [(kind: String, endpoints: [Endpoint])] = [
            ("chat", chats),
            (
                "completions",
                [open("sqlcoder_7b", "SQLCoder-7B"), open("codellama_7b_instruct", "CodeLlama-7b-Instruct")]
            ),
            (
                "embeddings",
                [
                    chat("embedding-v1", "Embedding-V1"), chat("bge_large_zh", "bge-large-zh"),
                    chat("bge_large_en", "bge-large-en"), chat("tao_8k", "tao-8k"),
                ]
            ),
            ("reranker", [chat("bce_reranker_base", "bce-reranker-base_v1")]),
            ("text2image", [chat("sd_xl", "Stable-Diffusion-XL")]),
            ("image2text", [chat("fuyu_8b", "Fuyu-8B")]),
        ]

        private static let all: [String: [String: Endpoint]] = {
            var table: [String: [String: Endpoint]] = [
                "tokenizer": ["erniebot": chat("erniebot", "ERNIE-Bot")],
                "erniebot": ["plugins": chat("plugins", "EBPlugin"), "plugin": chat("plugin", "EBPluginV2")],
            ]
            for (kind, endpoints) in services {
                for endpoint in endpoints { table[kind, default: [:]][endpoint.name] = endpoint }
            }
            return table
        }()
    }
}
