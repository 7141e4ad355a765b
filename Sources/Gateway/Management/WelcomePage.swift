/// The page at `/` until there is a dashboard.
enum WelcomePage {
    static let html = """
        <!doctype html>
        <html lang="en"><head><meta charset="utf-8"><title>One API</title>
        <meta name="viewport" content="width=device-width,initial-scale=1">
        <style>body{font:16px/1.6 system-ui,sans-serif;max-width:42rem;margin:4rem auto;padding:0 1rem;color:#1b1f24}
        code{background:#f0f2f4;padding:.1em .35em;border-radius:.25em}h1{margin-bottom:0}p.v{color:#667;margin-top:0}</style>
        </head><body><h1>One API</h1><p class="v">version \(Configuration.version)</p>
        <p>A gateway that puts one OpenAI-compatible endpoint in front of large-model providers.</p>
        <ul><li>Clients: point an OpenAI SDK at <code>/v1</code> of this address with a token of this gateway.</li>
        <li>Administrators: the management API is under <code>/api</code>; <code>/api/status</code> needs no login.
        The dashboard is not part of this version yet.</li>
        <li>Everything else: the README that came with the program.</li></ul></body></html>
        """
}
