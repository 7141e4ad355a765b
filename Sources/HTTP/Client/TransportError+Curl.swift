import CCurl

extension TransportError {
    /// The meaning of a result code of curl; `nil` for success. The texts are ours, or curl's description of a code,
    /// which never contains an address.
    init?(_ code: CURLcode) {
        let text = String(cString: curl_easy_strerror(code))
        switch code {
        case CURLE_OK: return nil
        case CURLE_URL_MALFORMAT: self = .badAddress
        case CURLE_COULDNT_RESOLVE_HOST, CURLE_COULDNT_RESOLVE_PROXY, CURLE_COULDNT_CONNECT, CURLE_PROXY,
            CURLE_INTERFACE_FAILED, CURLE_FAILED_INIT, CURLE_OUT_OF_MEMORY:
            self = .connectFailed(text)
        // This is the only time limit that curl itself has. It includes the TLS handshake.
        case CURLE_OPERATION_TIMEDOUT: self = .timedOut(.connect)
        case CURLE_SSL_CONNECT_ERROR, CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_CACERT_BADFILE, CURLE_SSL_CERTPROBLEM,
            CURLE_SSL_CIPHER, CURLE_SSL_ISSUER_ERROR, CURLE_SSL_CRL_BADFILE, CURLE_SSL_CLIENTCERT,
            CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_PINNEDPUBKEYNOTMATCH, CURLE_SSL_ENGINE_NOTFOUND,
            CURLE_SSL_ENGINE_SETFAILED, CURLE_SSL_ENGINE_INITFAILED, CURLE_USE_SSL_FAILED:
            self = .tls(text)
        // This cannot mean the address's scheme, which was checked before.
        case CURLE_UNSUPPORTED_PROTOCOL:
            self = .notHTTP("what it sent does not begin as an answer of HTTP/1.1")
        case CURLE_WEIRD_SERVER_REPLY, CURLE_HTTP2, CURLE_HTTP2_STREAM, CURLE_BAD_CONTENT_ENCODING:
            self = .notHTTP(text)
        default: self = .reset(text)
        }
    }
}
