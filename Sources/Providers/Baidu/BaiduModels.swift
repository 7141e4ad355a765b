import HTTP

/// The last part of the address, which names the model (spec/wire/baidu.md §1.2).
enum BaiduModels {
    static func endpoint(_ model: String) -> String { known[model] ?? percentEncoded(model.lowercased()) }

    /// The size of an embedding model's vectors; `nil` for a model that is not known.
    static func dimensions(_ endpoint: String) -> Int64? {
        switch endpoint {
        case "embedding-v1": 384
        case "bge_large_zh", "bge_large_en", "tao_8k": 1024
        default: nil
        }
    }

    private static let known = [
        "ERNIE-4.0-8K": "completions_pro", "ERNIE-4.0": "completions_pro", "ERNIE-Bot-4": "completions_pro",
        "ERNIE-4.0-8K-Preview-0518": "completions_adv_pro", "ERNIE-3.5-8K": "completions",
        "ERNIE-Bot": "completions", "ERNIE-Bot-8K": "ernie_bot_8k", "ERNIE-Speed-8K": "ernie_speed",
        "ERNIE-Speed": "ernie_speed", "ERNIE-Lite-8K-0922": "eb-instant", "ERNIE-Bot-turbo": "eb-instant",
        "ERNIE-Lite-8K-0308": "ernie-lite-8k", "ERNIE-Character-8K": "ernie-char-8k",
        "ERNIE-Function-8K": "ernie-func-8k", "BLOOMZ-7B": "bloomz_7b1", "Llama-2-7B-Chat": "llama_2_7b",
        "Meta-Llama-3-8B": "llama_3_8b", "Mixtral-8x7B-Instruct": "mixtral_8x7b_instruct",
        "Yi-34B-Chat": "yi_34b_chat", "Gemma-7B-it": "gemma_7b_it", "Embedding-V1": "embedding-v1",
        "Stable-Diffusion-XL": "sd_xl", "bge-large-zh": "bge_large_zh", "bge-large-en": "bge_large_en",
        "tao-8k": "tao_8k",
    ]
}
