/// Names in a line of the log or in a message: as many as people read, and the number of the rest.
enum BoundedList {
    private static let names = 50
    private static let characters = 120

    static func text(_ all: [String]) -> String {
        let shown = all.prefix(names).map { String($0.prefix(characters)) }.joined(separator: ", ")
        let rest = all.dropFirst(names).count
        return rest > 0 ? shown + " and \(rest) more" : shown
    }
}
