import CCurl
import EventLoop
import Glibc

/// An easy handle with its constant options set. It is used for one transfer after another.
final class CurlHandle {
    let easy: UnsafeMutableRawPointer
    private var headerList: UnsafeMutablePointer<curl_slist>?
    /// The headers that `headerList` was made of. Requests to one channel often have the same headers.
    private var listedHeaders: HTTPHeaders?
    private var body: UnsafeMutableRawBufferPointer = .init(start: nil, count: 0)
    private var bodyCapacity = 0
    private var isGuarded = false
    private let environmentProxy: EnvironmentProxy
    /// The last request's own proxy; `nil` uses the environment.
    private var proxy: String?
    /// The address that the last request connected to instead of its host, and libcurl's list for it.
    private var target: String?
    private var targetList: UnsafeMutablePointer<curl_slist>?

    /// The key in `CurlClient.active`.
    var key: UnsafeMutableRawPointer { easy }

    init?(client: CurlClient) {
        guard let easy = curl_easy_init() else { return nil }
        self.easy = easy
        environmentProxy = client.environmentProxy
        oneapi_easy_set_long(easy, CURLOPT_NOSIGNAL, 1)
        oneapi_easy_set_long(easy, CURLOPT_TCP_NODELAY, 1)
        oneapi_easy_set_long(easy, CURLOPT_FOLLOWLOCATION, 0)
        oneapi_easy_set_long(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
        oneapi_easy_set_long(easy, CURLOPT_BUFFERSIZE, 16 << 10)
        if let defaultProxy { oneapi_easy_set_text(easy, CURLOPT_PROXY, defaultProxy) }
        oneapi_easy_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https")
        // Ask for an unpacked answer, but unpack one that is packed.
        oneapi_easy_set_text(easy, CURLOPT_ACCEPT_ENCODING, "identity")
        oneapi_easy_set_data_callback(easy, CURLOPT_WRITEFUNCTION) { data, size, count, context in
            CurlTransfer.from(context)?.received(UnsafeRawBufferPointer(start: data, count: size * count)) ?? 0
        }
        oneapi_easy_set_data_callback(easy, CURLOPT_HEADERFUNCTION) { data, size, count, context in
            CurlTransfer.from(context)?.receivedHeader(UnsafeRawBufferPointer(start: data, count: size * count))
            return size * count
        }
        oneapi_easy_set_pointer(
            easy, CURLOPT_CLOSESOCKETDATA, Unmanaged.passUnretained(client).toOpaque())
        oneapi_easy_set_close_callback(easy) { context, socket in
            CurlClient.from(context)?.closed(socket)
            return close(socket)
        }
    }

    deinit {
        curl_easy_cleanup(easy)
        curl_slist_free_all(headerList)
        curl_slist_free_all(targetList)
        free(body.baseAddress)
    }

    /// Sets the options that differ between requests.
    /// - Throws: `.badHeader` if a header must not be written.
    func prepare(_ request: UpstreamRequest, for transfer: CurlTransfer) throws(TransportError) {
        try setHeaders(request.headers)
        let context = Unmanaged.passUnretained(transfer).toOpaque()
        oneapi_easy_set_pointer(easy, CURLOPT_WRITEDATA, context)
        oneapi_easy_set_pointer(easy, CURLOPT_HEADERDATA, context)
        oneapi_easy_set_text(easy, CURLOPT_URL, request.url)
        setReach(request)
        let connect = request.limits.connect.map { Int(clamping: $0.nanoseconds / 1_000_000) }
        oneapi_easy_set_long(easy, CURLOPT_CONNECTTIMEOUT_MS, connect ?? 0)
        setMethod(request)
    }

    /// The proxy option for a request without its own proxy. libcurl then reads the environment, unless that names no
    /// proxy.
    private var defaultProxy: String? { environmentProxy.isEmpty ? "" : nil }

    /// Sets the request's proxy, and which addresses are forbidden.
    private func setReach(_ request: UpstreamRequest) {
        let isLimited = request.reachesPublicAddressesOnly
        // The environment's proxy becomes the request's own here. Otherwise libcurl would bypass it for the hosts in
        // NO_PROXY.
        let proxy = request.proxy ?? (isLimited ? environmentProxy.proxy(for: request.url) : nil)
        if proxy != self.proxy {
            self.proxy = proxy
            oneapi_easy_set_text(easy, CURLOPT_PROXY, proxy ?? defaultProxy)
            oneapi_easy_set_text(easy, CURLOPT_NOPROXY, proxy == nil ? nil : "")
        }
        setTarget(request.judgedAddress)
        // The guard would check the proxy's address instead of the requested one.
        let guards = isLimited && proxy == nil
        if guards != isGuarded {
            isGuarded = guards
            oneapi_easy_set_open_callback(easy, guards ? openPublicSocket : nil)
            // All requests of a loop share its connections. A client's request must not reuse one to an operator's
            // address.
            oneapi_easy_set_long(easy, CURLOPT_FRESH_CONNECT, guards ? 1 : 0)
        }
    }

    /// Connects to an address instead of the host's name. The `Host` header and the certificate check keep the name.
    private func setTarget(_ address: String?) {
        guard address != target else { return }
        target = address
        let list = address.flatMap { curl_slist_append(nil, "::\($0):") }
        oneapi_easy_set_list(easy, CURLOPT_CONNECT_TO, list)
        curl_slist_free_all(targetList)
        targetList = list
    }

    private func setMethod(_ request: UpstreamRequest) {
        if request.method == .get {
            oneapi_easy_set_long(easy, CURLOPT_HTTPGET, 1)
            oneapi_easy_set_text(easy, CURLOPT_CUSTOMREQUEST, nil)
            return
        }
        copyBody(request.body)
        oneapi_easy_set_long(easy, CURLOPT_POST, 1)
        oneapi_easy_set_text(easy, CURLOPT_CUSTOMREQUEST, request.method == .post ? nil : request.method.name)
        oneapi_easy_set_pointer(easy, CURLOPT_POSTFIELDS, body.baseAddress)
        oneapi_easy_set_offset(easy, CURLOPT_POSTFIELDSIZE_LARGE, curl_off_t(request.body.count))
    }

    /// curl reads the body while it sends, so the body must stay at one place outside Swift's memory.
    private func copyBody(_ bytes: [UInt8]) {
        let needed = max(bytes.count, 1)
        if bodyCapacity < needed {
            free(body.baseAddress)
            body = UnsafeMutableRawBufferPointer(start: malloc(needed), count: needed)
            bodyCapacity = body.baseAddress == nil ? 0 : needed
        }
        body.copyBytes(from: bytes.prefix(bodyCapacity))
    }

    /// Frees the memory of a large body, since a handle may wait long for its next request.
    func forgetLargeBody() {
        guard bodyCapacity > Self.keptBody else { return }
        free(body.baseAddress)
        body = UnsafeMutableRawBufferPointer(start: nil, count: 0)
        bodyCapacity = 0
        oneapi_easy_set_pointer(easy, CURLOPT_POSTFIELDS, nil)
    }

    /// The most bytes of a body that an idle handle keeps.
    private static let keptBody = 64 << 10

    private func setHeaders(_ headers: HTTPHeaders) throws(TransportError) {
        if let listedHeaders, listedHeaders.isIdentical(to: headers) { return }
        if let name = headers.unwritable { throw .badHeader(name) }
        listedHeaders = headers
        curl_slist_free_all(headerList)
        // From a megabyte on, curl would ask for `100 Continue` and wait for it.
        headerList = curl_slist_append(nil, "Expect:")
        if !headers.contains("Accept") { headerList = curl_slist_append(headerList, "Accept: */*") }
        headers.forEachLine { line in headerList = curl_slist_append(headerList, line) }
        oneapi_easy_set_list(easy, CURLOPT_HTTPHEADER, headerList)
    }
}

/// Creates a socket only for a public address. A name may resolve to another address each time, so only the address of
/// this connection can be trusted.
private func openPublicSocket(
    _ context: UnsafeMutableRawPointer?, _ purpose: curlsocktype, _ address: UnsafeMutablePointer<curl_sockaddr>?
) -> curl_socket_t {
    guard let target = address?.pointee else { return CURL_SOCKET_BAD }
    let isPublic =
        withUnsafePointer(to: target.addr) { pointer in
            pointer.withMemoryRebound(to: sockaddr_storage.self, capacity: 1) { PublicAddress.isPublic($0) }
        }
    guard isPublic else { return CURL_SOCKET_BAD }
    return socket(target.family, target.socktype | Int32(SOCK_CLOEXEC.rawValue), target.protocol)
}
