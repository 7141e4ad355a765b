import HTTP
import JSON

/// Options, for root (spec/management-api.md §5.5). The answers name the entries of an option that are ignored.
enum OptionRoutes {
    static let routes: [ManagementAPI.Route] = [
        .init(.get, "option/", .root, list),
        .init(.put, "option/", .root, set),
    ]

    private static func list(_ call: Call) async throws -> ManagementAnswer {
        let problems = call.services.options.snapshot.problems
        let items = call.services.options.listed.map { key, value -> JSON in
            var item: JSONObject = ["key": .string(key), "value": .string(value)]
            if let names = problems.ignored[key] { item["ignored"] = .array(names.map { .string($0) }) }
            return .object(item)
        }
        var answer = ManagementAnswer.data(.array(items))
        if let notice = problems.notice { answer.members.append(("message", .string(notice))) }
        return answer
    }

    private static func set(_ call: Call) async throws -> ManagementAnswer {
        let (key, value): (String?, String?)
        do {
            let input = try await call.input()
            (key, value) = (try input.text("key"), try input.text("value"))
        } catch let error as ManagementError { throw error.withStatus(400) }
        guard let key, let value else { throw ManagementError.invalidParameter }
        let ignored = try await call.services.options.set(key, value)
        guard !ignored.isEmpty else { return .done }
        return ManagementAnswer(members: [
            ("message", .string(OptionProblems.notice(BoundedList.text(ignored)))),
            ("ignored", .array(ignored.map { .string($0) })),
        ])
    }
}
