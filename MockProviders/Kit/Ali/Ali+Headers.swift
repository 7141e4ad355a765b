import HTTP

extension Ali {
    /// A request id: a UUID in lower case.
    static func identifier(_ ids: IdentifierSource) -> String {
        var random = ids.random
        return uuid(&random)
    }

    static func uuid(_ random: inout Seeded) -> String {
        let hex = random.hex(31)
        let groups = [(0, 8), (8, 4), (12, 3), (15, 4), (19, 12)].map { start, count in
            String(hex.dropFirst(start).prefix(count))
        }
        // The service's ids are UUIDs of version 9, because they follow from its traces.
        return "\(groups[0])-\(groups[1])-9\(groups[2])-\(groups[3])-\(groups[4])"
    }

    /// The headers of an answer (§1.4). They tell no limits.
    static func headers(_ call: Call, isStream: Bool = false) -> HTTPHeaders {
        let created = call.ids.created
        var headers: HTTPHeaders = [
            "vary": "Origin,Access-Control-Request-Method,Access-Control-Request-Headers, Accept-Encoding",
            "x-dashscope-call-gateway": "true", "server": "istio-envoy",
        ]
        headers.set("content-type", isStream ? "text/event-stream;charset=UTF-8" : "application/json")
        headers.add("x-request-id", identifier(call.ids))
        headers.add("x-dashscope-timeout", isStream ? "180" : "298")
        headers.add("x-dashscope-finished", isStream ? "false" : "true")
        headers.add("req-cost-time", "112")
        headers.add("req-arrive-time", "\(created)000")
        headers.add("resp-start-time", "\(created)112")
        headers.add("x-envoy-upstream-service-time", "107")
        return headers
    }

    /// An answer with a whole body.
    static func whole(_ call: Call, served: Served? = nil, _ body: (inout Document) -> Void) -> Answer {
        var document = Document(reserving: 1024)
        document.object(body)
        return Answer(headers: headers(call), body: .whole(document.bytes), served: served)
    }
}

extension Document {
    /// A number that is not an integer, such as a score.
    mutating func member(_ name: StaticString, number: Double) {
        key(name)
        raw("\(number)")
    }
}
