import EventLoop
package import HTTP

/// Passes each request to the part that answers it.
package struct GatewayHandler: RequestHandler {
    private let services: Services
    private let management: ManagementAPI

    package init(services: Services) {
        self.services = services
        management = ManagementAPI(services: services)
    }

    package func respond(to request: ServerRequest, with writer: consuming ResponseWriter) async {
        let context = RequestContext(request, configuration: services.configuration)
        if context.isForwarded { services.noteForwarding(by: request.peerAddress) }
        let status = await route(request, context, writer)
        services.log.access(
            requestID: context.requestID, status: status,
            microseconds: (EventLoop.monotonicNow() &- context.started) / 1000,
            address: context.clientAddress, method: request.method.name, path: request.path)
    }

    private func route(
        _ request: ServerRequest, _ context: RequestContext, _ writer: consuming ResponseWriter
    ) async -> Int {
        if services.isBehind, await !services.catchUp() {
            let response = GatewayError.settingsUnavailable.response(context)
            await writer.send(response)
            return response.status
        }
        if context.path == "/v1/chat/completions", request.method == .post {
            return await ChatRelay(services: services).respond(to: request, context, with: writer)
        }
        if request.method == .post, let endpoint = OneShotRelay.endpoint(context.path) {
            return await OneShotRelay(services: services).respond(to: request, context, endpoint, with: writer)
        }
        let response = await whole(request, context)
        await writer.send(response)
        return response.status
    }

    private func whole(_ request: ServerRequest, _ context: RequestContext) async -> HTTPResponse {
        if request.method == .options, context.isCrossOrigin { return preflight(context) }
        if context.path.hasPrefix("/v1") || context.path.hasPrefix("/dashboard/billing/") {
            if context.path.contains("/dashboard/billing/"), let refusal = management.refusal(request, context) {
                return refusal
            }
            return await OtherRelayRoutes(services: services).respond(to: request, context)
        }
        return await management.respond(to: request, context)
    }

    private func preflight(_ context: RequestContext) -> HTTPResponse {
        var headers = context.headers("text/plain")
        headers.remove("Content-Type")
        headers.add("Access-Control-Allow-Methods", "GET,POST,PUT,DELETE,OPTIONS")
        headers.add("Access-Control-Allow-Headers", "*")
        headers.add("Access-Control-Max-Age", "43200")
        return HTTPResponse(status: 204, headers: headers)
    }
}
