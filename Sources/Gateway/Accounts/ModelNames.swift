/// The list of model names of a token. Commas separate the names, and blanks may surround them.
enum ModelNames {
    static func list(_ text: String) -> [String] {
        text.split(separator: ",").map(trimmed).filter { !$0.isEmpty }
    }

    private static func trimmed(_ name: Substring) -> String {
        var name = name.drop(while: \.isWhitespace)
        while name.last?.isWhitespace == true { name.removeLast() }
        return String(name)
    }
}
