import Providers

/// Which channels serve a model for a group. The table is immutable, and every change makes a new one. Channels of
/// types that this version does not serve are never chosen for a model; only their number finds them.
package final class RoutingTable: Sendable {
    private struct Route: Hashable {
        var group: String
        var model: String
    }

    private let tiers: [Route: [[Channel]]]
    private let channels: [Int64: Channel]
    private let models: [String: [String]]
    /// The models of all channels of served types, in any group, enabled or not.
    private let everyModel: Set<String>
    /// Enabled channels of types that this version does not serve, in the order of their numbers.
    package let unserved: [Channel]
    private let unservedModels: Set<String>

    package init(channels all: [Channel] = []) {
        let served = all.filter { ProviderRegistry.provider(of: $0.type) != nil }
        var routes: [Route: [Channel]] = [:]
        var models: [String: Set<String>] = [:]
        for channel in served where channel.isEnabled {
            for group in Set(channel.groups) {
                for model in Set(channel.models) where !model.isEmpty {
                    routes[Route(group: group, model: model), default: []].append(channel)
                    models[group, default: []].insert(model)
                }
            }
        }
        tiers = routes.mapValues { channels in
            Dictionary(grouping: channels, by: \.priority).sorted { $0.key > $1.key }
                .map { $0.value.sorted { $0.id < $1.id } }
        }
        self.channels = Dictionary(all.map { ($0.id, $0) }) { _, last in last }
        self.models = models.mapValues { $0.sorted() }
        everyModel = Set(served.flatMap(\.models))
        unserved = all.filter { $0.isEnabled && ProviderRegistry.provider(of: $0.type) == nil }.sorted { $0.id < $1.id }
        unservedModels = Set(unserved.flatMap(\.models)).subtracting(everyModel)
    }

    /// Any channel, enabled or not.
    package func channel(_ id: Int64) -> Channel? { channels[id] }

    /// The enabled channels that cannot be called, grouped by the reason.
    package var unusable: [String: [Int64]] {
        var found: [String: [Int64]] = [:]
        for channel in channels.values where channel.isEnabled {
            if let problem = channel.problem { found[problem, default: []].append(channel.id) }
        }
        return found.mapValues { $0.sorted() }
    }

    /// The channels in tiers of equal priority, highest first; empty if no channel serves the model.
    package func tiers(group: String, model: String) -> [[Channel]] {
        tiers[Route(group: group, model: model)] ?? []
    }

    /// Whether any channel of a served type has the model, even a disabled one or one of another group.
    package func knows(_ model: String) -> Bool { everyModel.contains(model) }

    /// Whether only channels of types that are not served have the model.
    package func isUnserved(_ model: String) -> Bool { unservedModels.contains(model) }

    /// The models that a group may use, sorted.
    package func models(of group: String) -> [String] { models[group] ?? [] }
}
