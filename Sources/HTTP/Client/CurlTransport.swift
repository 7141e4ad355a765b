import Arithmetic
import CCurl
import CLinux
import EventLoop
import Glibc

/// HTTP to upstreams by libcurl's multi interface, with one multi handle for each event loop. A connection is reused
/// only on the loop that opened it.
package struct CurlTransport: Transport {
    /// - Important: create one before other threads start, since this sets up libcurl's global state.
    /// - Parameter variable: returns the value of an environment variable.
    package init(
        variable: (String) -> String? = { name in getenv(name).map { String(cString: $0) } }
    ) {
        self.init(variable: variable, hosts: .system)
    }

    /// - Parameter hosts: checks the hosts that a proxy will connect to.
    init(variable: (String) -> String?, hosts: PublicHost) {
        curl_global_init(Int(CURL_GLOBAL_DEFAULT))
        environmentProxy = EnvironmentProxy(variable)
        self.hosts = hosts
    }

    private let environmentProxy: EnvironmentProxy
    private let hosts: PublicHost

    package func send(
        _ asked: UpstreamRequest, call: UpstreamCall
    ) async throws(TransportError) -> UpstreamResponse {
        guard let loop = EventLoop.current else { throw .connectFailed("not on an event loop") }
        // libcurl has the same error for an unknown scheme and for an upstream that does not speak HTTP.
        guard WebAddress.isWeb(asked.url) else { throw .badAddress }
        var request = asked
        if asked.reachesPublicAddressesOnly, let proxy = asked.proxy ?? environmentProxy.proxy(for: asked.url) {
            let address = try await hosts.check(asked.url, of: asked.owner, on: loop)
            // For plain http, an HTTP proxy looks the name up itself. A tunnel goes to the checked address.
            if proxy.lowercased().hasPrefix("socks") || asked.url.lowercased().hasPrefix("https://") {
                request.judgedAddress = address
            }
        }
        if call.isCancelled { throw .cancelled }
        let client = loop.local(CurlClient.self) { CurlClient(loop: loop, environmentProxy: environmentProxy) }
        let transfer = try client.start(request)
        call.attach { transfer.cancel() }
        defer {
            call.attach {}
            if transfer.wasSent { call.wasSent = true }
        }
        try await transfer.waitForHead()
        return UpstreamResponse(status: transfer.status, headers: transfer.headers, body: transfer)
    }
}

/// The multi handle of a loop. It connects curl with epoll, and is used only on its loop.
final class CurlClient {
    let loop: EventLoop
    private let multi: UnsafeMutableRawPointer?
    private var sockets: [curl_socket_t: CurlSocket] = [:]
    private var idleHandles: [CurlHandle] = []
    private var active: [UnsafeMutableRawPointer: CurlTransfer] = [:]
    private var timer: LoopDeadline?
    private var isSweeping = false

    let environmentProxy: EnvironmentProxy

    init(loop: EventLoop, environmentProxy: EnvironmentProxy) {
        self.loop = loop
        self.environmentProxy = environmentProxy
        multi = curl_multi_init()
        let context = Unmanaged.passUnretained(self).toOpaque()
        oneapi_multi_set_pointer(multi, CURLMOPT_SOCKETDATA, context)
        oneapi_multi_set_pointer(multi, CURLMOPT_TIMERDATA, context)
        oneapi_multi_set_long(multi, CURLMOPT_MAXCONNECTS, 4096)
        oneapi_multi_set_socket_callback(multi) { _, socket, what, context, _ in
            CurlClient.from(context)?.interest(socket, what)
            return 0
        }
        oneapi_multi_set_timer_callback(multi) { _, milliseconds, context in
            CurlClient.from(context)?.setTimer(milliseconds)
            return 0
        }
        let timer = LoopDeadline { [unowned self] in self.act(on: CURL_SOCKET_TIMEOUT, 0) }
        self.timer = timer
        loop.add(timer)
    }

    deinit {
        for transfer in active.values { curl_multi_remove_handle(multi, transfer.handle.easy) }
        active.removeAll()
        idleHandles.removeAll()
        curl_multi_cleanup(multi)
    }

    static func from(_ context: UnsafeMutableRawPointer?) -> CurlClient? {
        context.map { Unmanaged<CurlClient>.fromOpaque($0).takeUnretainedValue() }
    }

    // MARK: Transfers

    func start(_ request: UpstreamRequest) throws(TransportError) -> CurlTransfer {
        guard let handle = idleHandles.popLast() ?? CurlHandle(client: self) else {
            throw .connectFailed("out of memory")
        }
        let transfer = CurlTransfer(handle: handle, client: self, limits: request.limits)
        do throws(TransportError) { try handle.prepare(request, for: transfer) } catch {
            idleHandles.append(handle)
            throw error
        }
        active[handle.key] = transfer
        guard curl_multi_add_handle(multi, handle.easy) == CURLM_OK else {
            active[handle.key] = nil
            throw .connectFailed("libcurl refused the request")
        }
        act(on: CURL_SOCKET_TIMEOUT, 0)
        sweepSoon()
        return transfer
    }

    /// Removes a transfer from curl and keeps its handle for the next one. Never call it inside a callback of curl.
    func release(_ transfer: CurlTransfer) {
        guard active.removeValue(forKey: transfer.handle.key) != nil else { return }
        transfer.noteSent()
        curl_multi_remove_handle(multi, transfer.handle.easy)
        guard idleHandles.count < 1024 else { return }
        transfer.handle.forgetLargeBody()
        idleHandles.append(transfer.handle)
    }

    private func collectDone() {
        var result = CURLE_OK
        while let easy = oneapi_multi_next_done(multi, &result) {
            guard let transfer = active[easy] else { continue }
            release(transfer)
            transfer.finish(result)
        }
    }

    // MARK: Readiness

    func act(on socket: curl_socket_t, _ events: Int32) {
        var running: Int32 = 0
        curl_multi_socket_action(multi, socket, events, &running)
        collectDone()
    }

    /// Lets curl continue a paused transfer.
    func resume(_ handle: CurlHandle) {
        curl_easy_pause(handle.easy, CURLPAUSE_CONT)
        collectDone()
    }

    private func setTimer(_ milliseconds: Int) {
        timer?.at = milliseconds < 0 ? .max : oneapi_monotonic_ns().plus(UInt64(milliseconds).times(1_000_000))
    }

    /// curl removes and adds a connection's socket at every transfer. The registration in epoll stays until the idle
    /// connection reports an event or closes.
    private func interest(_ socket: curl_socket_t, _ what: Int32) {
        if what == CURL_POLL_REMOVE {
            sockets[socket]?.wanted = 0
            return
        }
        var events: UInt32 = 0
        if what & CURL_POLL_IN != 0 { events |= EPOLLIN.rawValue }
        if what & CURL_POLL_OUT != 0 { events |= EPOLLOUT.rawValue }
        if let known = sockets[socket] {
            known.wanted = events
            if known.registered != events {
                known.registered = events
                loop.modify(socket, events: events)
            }
            return
        }
        let source = CurlSocket(socket: socket, client: self, events: events)
        sockets[socket] = source
        loop.register(socket, events: events, source: source)
    }

    /// Handles an event on an unused connection: the peer closed it, or sent something unasked.
    func ignore(_ source: CurlSocket) {
        guard sockets.removeValue(forKey: source.socket) != nil else { return }
        loop.deregister(source.socket)
    }

    func closed(_ socket: curl_socket_t) {
        guard sockets.removeValue(forKey: socket) != nil else { return }
        loop.deregister(socket)
    }

    // MARK: Limits

    /// Checks the time limits of running transfers ten times a second while there are any.
    private func sweepSoon() {
        guard !isSweeping else { return }
        isSweeping = true
        loop.schedule(after: .milliseconds(100)) { [weak self] in
            guard let self else { return }
            self.isSweeping = false
            for transfer in Array(self.active.values) { transfer.checkTime(self.loop.now) }
            if !self.active.isEmpty { self.sweepSoon() }
        }
    }
}

/// A socket of curl in epoll.
final class CurlSocket: EventSource {
    let socket: curl_socket_t
    // `unowned(unsafe)` for speed. It is safe because the client owns its sockets and outlives them.
    private unowned(unsafe) let client: CurlClient
    /// The events that curl wants now; 0 between transfers.
    var wanted: UInt32
    /// The events that are registered in epoll.
    var registered: UInt32

    init(socket: curl_socket_t, client: CurlClient, events: UInt32) {
        self.socket = socket
        self.client = client
        wanted = events
        registered = events
    }

    func ready(_ events: UInt32) {
        guard wanted != 0 else { return client.ignore(self) }
        var bits: Int32 = 0
        if events & EPOLLIN.rawValue != 0 { bits |= CURL_CSELECT_IN }
        if events & EPOLLOUT.rawValue != 0 { bits |= CURL_CSELECT_OUT }
        if events & (EPOLLERR.rawValue | EPOLLHUP.rawValue) != 0 { bits |= CURL_CSELECT_ERR }
        client.act(on: socket, bits)
    }
}
