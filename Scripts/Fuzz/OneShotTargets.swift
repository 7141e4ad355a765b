import Chat
import Formats
import JSON
import Providers

/// Answers with vectors, for every provider that has embeddings: they are refused or can be read by a client.
struct EmbeddingTarget: FuzzTarget {
    let name = "embeddings"
    let samples = [
        #"{"object":"list","data":[{"index":1,"embedding":[0.5,-1e-3]},{"index":0,"embedding":[1,2]}],"model":"m","usage":{"prompt_tokens":3,"total_tokens":3}}"#,
        #"{"output":{"embeddings":[{"text_index":0,"embedding":[0.1,1e308]}]},"usage":{"total_tokens":4},"request_id":"a"}"#,
        #"{"embeddings":[{"values":[0.25]},{"values":[]}],"usageMetadata":{"promptTokenCount":2}}"#,
        #"{"embedding":{"value":[0.25,3]}}"#, #"{"embeddings":[{"value":[0.25]},{"value":[-7]}]}"#,
        #"{"error_code":18,"error_msg":"Open api qps request limit reached"}"#,
        #"{"code":"Throttling","message":"slow","request_id":"a"}"#, #"{"error":{"code":"1302","message":"slow"}}"#,
    ].map { Array($0.utf8) }
    private let providers = ProviderRegistry.all.compactMap { $0 as? any EmbeddingProvider }

    func check(_ input: [UInt8], _ generator: inout Generator) -> String? {
        for provider in providers {
            if let complaint = flaw(in: input, provider) { return "\(provider.descriptor.name): \(complaint)" }
        }
        return nil
    }

    private func flaw(in input: [UInt8], _ provider: some EmbeddingProvider) -> String? {
        do throws(UpstreamFailure) {
            let answer = try provider.decodeEmbeddings(input, status: 200)
            let written = OpenAIOneShotAnswers.embeddings(answer, model: "m", promptTokens: 1, base64: nil)
            if (try? JSON.parse(written)) == nil { return "the client is sent no JSON" }
            return complaint(about: answer.usage)
        } catch {
            return complaint(about: error)
        }
    }
}

/// Answers with images or the state of a task, for every provider that has images.
struct ImageTarget: FuzzTarget {
    let name = "images"
    let samples = [
        #"{"created":17,"data":[{"url":"https://a/b.png"}]}"#, #"{"data":[{"b64_image":"aGk="}],"created":-1}"#,
        #"{"predictions":[{"bytesBase64Encoded":"aGk=","mimeType":"image/png","prompt":"a"},{"raiFilteredReason":"b"}]}"#,
        #"{"output":{"task_id":"a-1","task_status":"PENDING"},"request_id":"a"}"#,
        #"{"output":{"task_id":"a-1","task_status":"SUCCEEDED","results":[{"url":"https://a/b.png"},{"code":"X"}]}}"#,
        #"{"output":{"task_id":"a","task_status":"FAILED","code":"InternalError","message":"b"}}"#,
        #"{"output":{"choices":[{"message":{"content":[{"image":"https://a/b.png"}]}}]}}"#,
        #"{"content_filter":[{"role":"user","level":0}],"data":[]}"#, #"{"error_code":336500,"error_msg":"x"}"#,
    ].map { Array($0.utf8) }
    private let providers = ProviderRegistry.all.compactMap { $0 as? any ImageProvider }

    func check(_ input: [UInt8], _ generator: inout Generator) -> String? {
        for provider in providers {
            if let complaint = flaw(in: input, provider) { return "\(provider.descriptor.name): \(complaint)" }
        }
        return nil
    }

    private func flaw(in input: [UInt8], _ provider: some ImageProvider) -> String? {
        let channel = ProviderChannel(
            type: provider.descriptor.channelTypes.first ?? 0, baseURL: "http://a", key: "id.secret")
        let call = ProviderCall(channel: channel, model: "m", accessToken: "t")
        do throws(UpstreamFailure) {
            switch try provider.decodeImages(input, status: 200, for: call) {
            case .done(let answer):
                if answer.images.isEmpty { return "an answer without images" }
                let written = OpenAIOneShotAnswers.images(answer, created: 1)
                return (try? JSON.parse(written)) == nil ? "the client is sent no JSON" : nil
            case .pending(let poll):
                let isWithin = poll.url.hasPrefix("http://a/") && !poll.url.contains("..") && !poll.url.contains("?")
                return isWithin ? nil : "a task is asked for at \(poll.url)"
            }
        } catch {
            return complaint(about: error)
        }
    }
}

/// Answers to the exchange of a key for a token: they are refused or give a token.
struct TokenTarget: FuzzTarget {
    let name = "access tokens"
    let samples = [
        #"{"refresh_token":"25.a","expires_in":2592000,"session_key":"b","access_token":"24.c","scope":"public"}"#,
        #"{"error":"invalid_client","error_description":"unknown client id"}"#,
        #"{"error_code":18,"error_msg":"Open api qps request limit reached"}"#, "<html><body>502</body></html>",
    ].map { Array($0.utf8) }

    func check(_ input: [UInt8], _ generator: inout Generator) -> String? {
        let status = [200, 302, 401, 429, 500, 999][generator.below(6)]
        for provider in ProviderRegistry.all {
            do throws(UpstreamFailure) {
                if try provider.accessToken(from: input, status: status).text.isEmpty { return "an empty token" }
            } catch {
                if let complaint = complaint(about: error) { return "\(provider.descriptor.name): \(complaint)" }
            }
        }
        return nil
    }
}
