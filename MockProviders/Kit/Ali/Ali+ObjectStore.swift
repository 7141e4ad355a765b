import HTTP

/// Plays Alibaba's object store at `/ali/oss`. Uploads go there, and results are read from there.
extension Ali {
    /// Tells a client where and how to upload a file that a request then names by its `oss://` address.
    func uploadPolicy(_ call: Call) throws(Failure) -> Answer {
        guard call.queryValue("action") == "getPolicy", let model = call.queryValue("model"), !model.isEmpty else {
            throw .badRequest
        }
        var ids = call.ids
        let requestID = Self.uuid(&ids.random)
        let folder = ids.random.hex(32)
        return Self.whole(call) { root in
            root.member("request_id", requestID)
            root.object("data") { data in
                data.member("policy", Base64.encode(Array("{\"expiration\":\"mock\"}".utf8)))
                data.member("signature", "\(ids.random.alphanumerics(27))=")
                data.member("upload_dir", "dashscope-instant/\(folder)/2026-01-31/\(requestID)")
                data.member("upload_host", Self.origin(call) + "/ali/oss/upload")
                data.member("expire_in_seconds", 300)
                data.member("max_file_size_mb", 100)
                data.member("capacity_limit_mb", 999_999_999)
                data.member("oss_access_key_id", "LTAImock")
                data.member("x_oss_object_acl", "private")
                data.member("x_oss_forbid_overwrite", "true")
            }
        }
    }

    private static func origin(_ call: Call) -> String { "http://\(call.headers["Host"] ?? "127.0.0.1:8400")" }

    /// The address of a result. It is valid for 24 hours; the mock itself serves the picture.
    static func address(_ name: String, _ call: Call) -> String {
        var random = call.ids.random
        let signature = random.alphanumerics(27)
        return "\(origin(call))/ali/oss/\(name)?Expires=\(call.ids.created + 86_400)&OSSAccessKeyId=LTAImock"
            + "&Signature=\(signature)%3D"
    }

    /// An empty file compressed with gzip (RFC 1952).
    private static let emptyArchive: [UInt8] = [
        0x1f, 0x8b, 0x08, 0, 0, 0, 0, 0, 0, 0x03, 0x03, 0, 0, 0, 0, 0, 0, 0, 0, 0,
    ]

    func object(_ call: Call) throws(Failure) -> Answer {
        if call.method == "POST", call.route == "oss/upload" {
            guard try Self.form(call)["file"] != nil else { throw .badRequest }
            return Answer(headers: ["server": "AliyunOSS"], body: .whole([]))
        }
        guard call.method == "GET", let picture = Base64.decode(Samples.png) else { throw .noPage }
        let isPicture = call.route.hasSuffix(".png")
        return Answer(
            headers: ["content-type": isPicture ? "image/png" : "application/octet-stream", "server": "AliyunOSS"],
            body: .whole(isPicture ? picture : Self.emptyArchive))
    }
}
