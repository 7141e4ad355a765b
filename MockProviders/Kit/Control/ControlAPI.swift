import HTTP
import JSON
import Synchronization

/// The routes under `/_mock`. Tests use them to tell the mock what to do and to ask what it received.
struct ControlAPI {
    let state: MockState

    func answer(_ request: ServerRequest, body: [UInt8]) -> HTTPResponse {
        let route = request.path.dropFirst("/_mock".count)
        do throws(ControlError) {
            switch (request.method.name, route) {
            case ("GET", "/journal"): return Self.ok(journal(request))
            case ("DELETE", "/journal"): state.journal.reset()
            case ("GET", "/image.png"): return Self.picture
            case ("GET", "/ledger"): return Self.ok(state.ledger.json)
            case ("GET", "/faults"):
                return Self.ok(["faults": .int(state.faults.count), "scripts": .int(state.scripts.count)])
            case ("DELETE", "/faults"): state.faults.reset()
            case ("POST", "/faults"): try queueFaults(body)
            case ("POST", "/script"), ("POST", "/scripts"): try queueScripts(body)
            case ("PUT", "/pace"): try setPace(body)
            case ("POST", "/reset"): state.reset()
            case ("GET", "/health"), ("GET", ""), ("GET", "/"): break
            default: return Self.failure(404, "no such control route: \(request.method.name) \(request.path)")
            }
        } catch {
            return Self.failure(400, error.message)
        }
        return Self.ok(["ok": true])
    }

    /// A picture of one pixel, for clients that fetch images by their address.
    private static let picture = HTTPResponse(
        headers: ["content-type": "image/png"],
        body: Base64.decode(
            "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==") ?? [])

    private func journal(_ request: ServerRequest) -> JSON {
        let after = request.queryValue("after").flatMap { Int($0) } ?? 0
        let path = request.queryValue("path")
        let model = request.queryValue("model")
        let key = request.queryValue("key")
        let entries = state.journal.entries.filter {
            $0.number > after && (path.map($0.path.contains) ?? true) && (model == nil || $0.model == model)
                && (key == nil || $0.key == key)
        }
        let limit = request.queryValue("limit").flatMap { Int($0) } ?? .max
        return ["count": .int(entries.count), "requests": .array(entries.suffix(max(0, limit)).map(\.json))]
    }

    private func queueFaults(_ body: [UInt8]) throws(ControlError) {
        for object in try objects(body) {
            let fault = try Fault(json: object)
            state.faults.add(fault, match: try Match(json: object["match"]), count: try count(object))
        }
    }

    private func queueScripts(_ body: [UInt8]) throws(ControlError) {
        for object in try objects(body) {
            let script = try Script(json: object)
            state.scripts.add(script, match: try Match(json: object["match"]), count: try count(object))
        }
    }

    private func setPace(_ body: [UInt8]) throws(ControlError) {
        var pace = Pace()
        for member in try objects(body).first?.members ?? [] {
            guard let number = member.value.double, number >= 0, number < 1e9 else {
                throw ControlError("'\(member.key)' must be a number of at least 0")
            }
            switch member.key {
            case "events_per_second": pace.interval = number > 0 ? UInt64(min(1e9 / number, 6e11)) : 0
            case "delay_ms": pace.interval = UInt64(number * 1e6)
            case "first_ms": pace.first = .microseconds(Int64(number * 1e3))
            default: throw ControlError("unknown field '\(member.key)'")
            }
        }
        state.pace.withLock { $0 = pace }
    }

    /// The object in the body, or the objects of the array in the body.
    private func objects(_ body: [UInt8]) throws(ControlError) -> [JSONObject] {
        let value: JSON
        do throws(JSONError) { value = try JSON.parse(body) } catch { throw ControlError(error.message) }
        let items = value.array ?? [value]
        let objects = items.compactMap(\.object)
        guard objects.count == items.count else { throw ControlError("expected an object or an array of objects") }
        return objects
    }

    private func count(_ object: JSONObject) throws(ControlError) -> Int {
        guard let value = object["count"] else { return 1 }
        guard let count = value.int, (1...1_000_000).contains(count) else {
            throw ControlError("'count' must be a whole number from 1 to 1000000")
        }
        return Int(count)
    }

    private static func ok(_ value: JSON) -> HTTPResponse {
        HTTPResponse(headers: ["content-type": "application/json"], body: value.encoded())
    }

    private static func failure(_ status: Int, _ message: String) -> HTTPResponse {
        let error: JSON = ["error": .string(message)]
        return HTTPResponse(status: status, headers: ["content-type": "application/json"], body: error.encoded())
    }
}
