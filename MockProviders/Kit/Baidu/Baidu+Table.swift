/// The platform's models, one line each: to add a model, add a line.
extension Baidu.Model {
    /// The workshop's chat models have a table of their own (`Baidu+Endpoint.swift`). Here their names are in lower
    /// case.
    static let all: [Baidu.Model] =
        Baidu.Endpoint.chats.filter { $0.model.hasPrefix("ERNIE-") }.map { Baidu.Model($0.model.lowercased(), .chat) }
        + [
            Baidu.Model("ernie-5.1", .chat, sees: true),
            Baidu.Model("ernie-5.0", .chat, sees: true),
            Baidu.Model("ernie-5.0-thinking-latest", .chat, thinks: true, sees: true),
            Baidu.Model("ernie-5.0-thinking-preview", .chat, thinks: true, sees: true),
            Baidu.Model("ernie-4.5-8k-preview", .chat, sees: true),
            Baidu.Model("ernie-4.5-turbo-128k", .chat),
            Baidu.Model("ernie-4.5-turbo-latest", .chat),
            Baidu.Model("ernie-4.5-turbo-32k", .chat),
            Baidu.Model("ernie-4.5-turbo-vl", .chat, sees: true),
            Baidu.Model("ernie-4.5-turbo-vl-latest", .chat, sees: true),
            Baidu.Model("ernie-4.5-turbo-vl-32k", .chat, sees: true),
            Baidu.Model("ernie-4.5-21b-a3b", .chat),
            Baidu.Model("ernie-x1.1", .chat, thinks: true),
            Baidu.Model("ernie-x1.1-preview", .chat, thinks: true),
            Baidu.Model("ernie-x1-turbo-32k", .chat, thinks: true),
            Baidu.Model("ernie-x1-turbo-latest", .chat, thinks: true),
            Baidu.Model("deepseek-v3", .chat),
            Baidu.Model("deepseek-v3.2", .chat),
            Baidu.Model("deepseek-v3.2-think", .chat, thinks: true),
            Baidu.Model("deepseek-r1", .chat, thinks: true),
            Baidu.Model("embedding-v1", .embedding),
            Baidu.Model("bge-large-zh", .embedding),
            Baidu.Model("bge-large-en", .embedding),
            Baidu.Model("tao-8k", .embedding),
            Baidu.Model("bce-reranker-base", .rerank),
            Baidu.Model("stable-diffusion-xl", .image),
            Baidu.Model("irag-1.0", .image),
        ]
}
