extension Google {
    /// The pages that Google's front end sends for paths without a service.
    static func page(_ code: Int, path: String) -> String {
        let (title, text) = words(code, path: escaped(path))
        return """
            <!DOCTYPE html>
            <html lang=en>
              <meta charset=utf-8>
              <meta name=viewport content="initial-scale=1, minimum-scale=1, width=device-width">
              <title>Error \(code) (\(title))!!1</title>
              <a href=//www.google.com/><span id=logo aria-label=Google></span></a>
              <p><b>\(code).</b> <ins>That’s an error.</ins>
              <p>\(text)  <ins>That’s all we know.</ins>

            """
    }

    private static func words(_ code: Int, path: String) -> (title: String, text: String) {
        switch code {
        case 404: ("Not Found", "The requested URL <code>\(path)</code> was not found on this server.")
        case 405: ("Method Not Allowed", "The request method is inappropriate for the URL <code>\(path)</code>.")
        case 408: ("Request Timeout", "Your client has taken too long to issue its request.")
        case 413: ("Request Entity Too Large", "Your client issued a request that was too large.")
        default:
            (
                "Server Error",
                "The server encountered a temporary error and could not complete your request.<p>Please try again in 30 "
                    + "seconds."
            )
        }
    }

    private static func escaped(_ path: String) -> String {
        path.reduce(into: "") { text, letter in
            switch letter {
            case "<": text += "&lt;"
            case ">": text += "&gt;"
            case "&": text += "&amp;"
            default: text.append(letter)
            }
        }
    }
}
