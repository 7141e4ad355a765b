import HTTP

/// The HTML pages that Cloudflare sends instead of an API's JSON (spec/wire/openai.md §12.1).
struct CloudflarePage {
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]

    /// - Parameter name: a status (`502`), or one of `403-challenge`, `403-denied`, `502-short`, `200`.
    init?(name: String, host: String, random: inout Seeded) {
        let ray = random.hex(16)
        guard let page = Self.page(name, host: host, ray: ray) else { return nil }
        status = page.status
        var headers: HTTPHeaders = [
            "content-type": "text/html; charset=UTF-8", "server": "cloudflare", "cf-ray": ray + "-FRA",
            "cache-control": "private, max-age=0, no-store, no-cache, must-revalidate, post-check=0, pre-check=0",
        ]
        if name == "403-challenge" { headers.add("cf-mitigated", "challenge") }
        if status == 429 { headers.add("retry-after", "30") }
        self.headers = headers
        body = Array(page.html.utf8)
    }

    private static func page(_ name: String, host: String, ray: String) -> (status: Int, html: String)? {
        switch name {
        case "403", "200":
            (Int(name) ?? 403, blocked(host: host, ray: ray))
        case "403-challenge": (403, challenge(ray: ray))
        case "403-denied", "429": (name == "429" ? 429 : 403, denied(code: name == "429" ? 1015 : 1020, host, ray))
        case "502-short":
            (
                502,
                "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1>"
                    + "</center>\r\n<hr><center>cloudflare</center>\r\n</body>\r\n</html>\r\n"
            )
        default: Int(name).flatMap { code in origin(code).map { (code, columns(code, $0, host: host, ray: ray)) } }
        }
    }

    private static func origin(_ code: Int) -> String? {
        switch code {
        case 502: "Bad gateway"
        case 503: "Service temporarily unavailable"
        case 504: "Gateway time-out"
        case 520: "Web server is returning an unknown error"
        case 521: "Web server is down"
        case 522: "Connection timed out"
        case 523: "Origin is unreachable"
        case 524: "A timeout occurred"
        case 525: "SSL handshake failed"
        case 526: "Invalid SSL certificate"
        default: nil
        }
    }

    private static func frame(title: String, ray: String, content: String) -> String {
        """
        <!DOCTYPE html>
        <!--[if lt IE 7]> <html class="no-js ie6 oldie" lang="en-US"> <![endif]-->
        <!--[if IE 7]>    <html class="no-js ie7 oldie" lang="en-US"> <![endif]-->
        <!--[if IE 8]>    <html class="no-js ie8 oldie" lang="en-US"> <![endif]-->
        <!--[if gt IE 8]><!--> <html class="no-js" lang="en-US"> <!--<![endif]-->
        <head>
        <title>\(title)</title>
        <meta charset="UTF-8" />
        <meta name="robots" content="noindex, nofollow" />
        <link rel="stylesheet" id="cf_styles-css" href="/cdn-cgi/styles/cf.errors.css" />
        </head>
        <body>
        <div id="cf-wrapper">
        <div id="cf-error-details" class="cf-error-details-wrapper">
        \(content)
        </div>
        <div class="cf-error-footer"><p><span class="cf-footer-item">Cloudflare Ray ID: <strong class="font-semibold">\
        \(ray)</strong></span> <span class="cf-footer-item" id="cf-footer-item-ip">Your IP: <span class="hidden" \
        id="cf-footer-ip">192.0.2.7</span></span></p></div>
        </div>
        </body>
        </html>

        """
    }

    private static func blocked(host: String, ray: String) -> String {
        frame(
            title: "Attention Required! | Cloudflare", ray: ray,
            content: """
                <h1 data-translate="block_headline">Sorry, you have been blocked</h1>
                <h2 class="cf-subheadline"><span data-translate="unable_to_access">You are unable to access</span> \
                \(host)</h2>
                """)
    }

    private static func challenge(ray: String) -> String {
        """
        <!DOCTYPE html><html lang="en-US"><head><title>Just a moment...</title><meta name="robots" \
        content="noindex,nofollow"></head><body><noscript>Enable JavaScript and cookies to continue</noscript>\
        <script>(function(){window._cf_chl_opt={cRay:'\(ray)'};var a=document.createElement('script');\
        a.src='/cdn-cgi/challenge-platform/h/b/orchestrate/chl_page/v1?ray=\(ray)';\
        document.getElementsByTagName('head')[0].appendChild(a);}());</script></body></html>
        """
    }

    private static func denied(code: Int, _ host: String, _ ray: String) -> String {
        frame(
            title: "Access denied | \(host) used Cloudflare to restrict access", ray: ray,
            content: """
                <h1><span>Error</span> <span>\(code)</span></h1>
                <h2>\(code == 1015 ? "You are being rate limited" : "Access denied")</h2>
                """)
    }

    private static func columns(_ code: Int, _ text: String, host: String, ray: String) -> String {
        let isOrigin = code != 522 && code != 524
        return frame(
            title: "\(host) | \(code): \(text)", ray: ray,
            content: """
                <header><h1><span class="inline-block">\(text)</span> <span class="code-label">Error code \(code)\
                </span></h1></header>
                <div id="cf-browser-status"><span>You</span><h3>Browser</h3><span>Working</span></div>
                <div id="cf-cloudflare-status"><span>Frankfurt</span><h3>Cloudflare</h3><span>Working</span></div>
                <div id="cf-host-status" class="cf-error-source"><span>\(host)</span><h3>Host</h3><span>\
                \(isOrigin ? "Error" : "Time-out")</span></div>
                """)
    }
}
