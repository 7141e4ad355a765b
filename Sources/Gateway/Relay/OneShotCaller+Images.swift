import Arithmetic
import Chat
import EventLoop
import Formats
import HTTP
import Providers

/// Images of providers that have a format of their own. Some of them make images as tasks.
extension OneShotCaller {
    /// The intervals at which a task is asked for its image: short at first, then longer and longer.
    private static let pollIntervals: (first: Duration, last: Duration) = (.milliseconds(500), .seconds(5))

    static let downloadFailed = UpstreamFailure.Code.text("image_download_failed")

    func paint(
        _ asked: ImageRequest, _ provider: any ImageProvider, _ target: ProviderCall, _ call: UpstreamCall,
        _ request: ServerRequest, _ exchange: borrowing Exchange
    ) async throws(Problem) -> Answer {
        let userID = exchange.userID
        var encoded: EncodedRequest
        do throws(RequestError) {
            encoded = try provider.encode(asked, for: target).following(
                target.channel.rules, model: target.model, hasLimit: false)
        } catch { throw .refused(error) }
        let start = request.loop.now
        var hasTask = false
        var interval = Self.pollIntervals.first
        func rest() async {
            await request.loop.sleep(for: interval)
            interval = min(interval * 3 / 2, Self.pollIntervals.last)
        }
        while true {
            let body: [UInt8]
            let status: Int
            do throws(Problem) {
                let (response, bytes) = try await ask(encoded, provider, request, call, userID, paints: !hasTask)
                (body, status) = (bytes, response.status)
            } catch {
                // A started task must be paid for. So a failed request for its state is repeated, and the task is not
                // started elsewhere.
                guard hasTask, case .failed(let failure) = error, !call.isCancelled else { throw error }
                guard failure.isRetryable, isPatient(start, request) else {
                    throw .lost(failure.final, pictures: nil)
                }
                await rest()
                continue
            }
            let progress: ImageProgress
            do throws(UpstreamFailure) {
                progress = try await services.offLoop(certainly: body.count, of: userID) { _ throws(UpstreamFailure) in
                    try provider.decodeImages(body, status: status, for: target)
                }
            } catch {
                // An answer that does not come from the provider says nothing about the started task.
                guard hasTask, error.kind == .notTheProvider else { throw .failed(hasTask ? error.final : error) }
                guard isPatient(start, request) else { throw .lost(error.final, pictures: nil) }
                await rest()
                continue
            }
            switch progress {
            case .done(let answer):
                let media = MediaHold(services.media)
                defer { withExtendedLifetime(media) {} }
                let images = try await inlined(answer, asked, call, media, for: userID) {
                    guard isPatient(start, request) else { return false }
                    await rest()
                    return true
                }
                let created = context.time
                let bytes = await services.offLoop(certainly: images.size, of: userID) { _ in
                    OpenAIOneShotAnswers.images(images, created: created)
                }
                return Answer(
                    body: bytes,
                    production: Production(received: Int64(body.count), pictures: Int64(images.images.count)))
            case .pending(let poll):
                hasTask = true
                guard isPatient(start, request) else {
                    let failure = UpstreamFailure(
                        kind: .timedOut, status: 504, message: "The upstream's image task did not end in time.",
                        code: .text("image_task_timeout"))
                    throw .lost(failure.final, pictures: nil)
                }
                encoded = poll
                target.channel.rules.apply(to: &encoded.headers)
                await rest()
            }
        }
    }

    private func isPatient(_ start: UInt64, _ request: ServerRequest) -> Bool {
        request.loop.now &- start < services.configuration.imageTaskTimeout.nanoseconds
    }

    /// Downloads the images that are given by address, if the client wants their bytes.
    /// - Parameters:
    ///   - hold: counts the bytes against the budget. It has to live as long as the images.
    ///   - waits: waits while other requests use the whole budget; `false` if there is no time left.
    private func inlined(
        _ answer: ImageAnswer, _ asked: ImageRequest, _ call: UpstreamCall, _ hold: MediaHold, for userID: Int64,
        waits: () async -> Bool
    ) async throws(Problem) -> ImageAnswer {
        guard asked.responseFormat == "b64_json" else { return answer }
        var inlined = answer
        let fetcher = MediaFetcher(services: services, user: userID)
        var index = 0
        while index < inlined.images.count {
            guard case .url(let address) = inlined.images[index].media else {
                index += 1
                continue
            }
            do throws(MediaProblem) {
                inlined.images[index].media = try await fetcher.fetch(address, "data[\(index)].url", call, hold)
                index += 1
            } catch {
                // The images are paid for. If only the budget is used up, wait for it.
                if error == .busy, !call.isCancelled, await waits() { continue }
                let failure = UpstreamFailure(
                    kind: .server, status: 502, message: error.message, code: Self.downloadFailed)
                throw .lost(failure.final, pictures: Int64(clamping: answer.images.count))
            }
        }
        return inlined
    }
}

extension ImageAnswer {
    /// The number of bytes of all images that are given as bytes.
    fileprivate var size: Int {
        images.reduce(0) { sum, image in
            if case .base64(_, let data) = image.media { sum.plus(data.utf8.count) } else { sum }
        }
    }
}
