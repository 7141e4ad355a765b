/// A list of names for a line of the log or a message. It shows only the first names and the number of the others.
enum BoundedList {
    private static let names = 50
    private static let characters = 120

    static func text(_ all: [String]) -> String {
        let shown = all.prefix(names).map { String($0.prefix(characters)) }.joined(separator: ", ")
        let rest = all.dropFirst(names).count
        return rest > 0 ? shown + " and \(rest) more" : shown
    }
}
