extension Baidu.Failure {
    static let badToken = workshop(110, "Access token invalid or no longer valid")
    static let oldToken = workshop(111, "Access token expired")
    static let noToken = workshop(100, "Invalid parameter")
    static let badSignature = workshop(14, "IAM Certification failed")
    static let noEndpoint = workshop(3, "Unsupported openapi method")
    static let badMethod = workshop(336101, "Invalid http method")
    static let notJSON = workshop(336002, "Invalid JSON")

    static let badIAMToken = platform(401, "invalid_request_error", "invalid_iam_token", "IAM Certification failed")

    static let unknownClient = token("invalid_client", "unknown client id")
    static let badSecret = token("invalid_client", "Client authentication failed")
    static let badGrant = token(
        "invalid_grant",
        "The provided access grant is invalid, expired, or revoked (e.g. invalid assertion, expired authorization "
            + "token, bad end-user password credentials, or mismatching authorization code and redirection URI).")
    static let badGrantType = token("unsupported_grant_type", "unsupported grant type")

    static let noCredential = Baidu.Failure(
        layer: .console(code: "AccessDenied", inHeader: "NotFound, cause: Could not find credential."), status: 403,
        message: "NotFound, cause: Could not find credential.")
    static let signatureMismatch = Baidu.Failure(
        layer: .console(
            code: "SignatureDoesNotMatch",
            inHeader: "SignatureDoesNotMatch, cause: Fail to authn user: Signature does not match"), status: 403,
        message: "SignatureDoesNotMatch, cause: Fail to authn user: Signature does not match")

    /// The failure for a name, a code or a status; `MockProviders/Docs/baidu.md` lists them.
    static func catalogue(_ name: String, _ dialect: Baidu.Dialect) -> Baidu.Failure? {
        dialect == .workshop ? workshop(named: name) : platform(named: name)
    }

    // MARK: Workshop

    private static let workshopErrors: [(code: Int, name: String, message: String)] = [
        (1, "unknown_error", "Unknown error"),
        (2, "service_unavailable", "Service temporarily unavailable"),
        (3, "unsupported_method", "Unsupported openapi method"),
        (4, "request_limit", "Open api request limit reached"),
        (4, "cluster_limit", "request limit by resouce cluster reached"),
        (6, "no_permission", "No permission to access data"),
        (13, "service_token_failed", "Get service token failed"),
        (14, "iam_certification_failed", "IAM Certification failed"),
        (15, "app_not_exist", "app not exists or create failed"),
        (17, "daily_limit", "Open api daily request limit reached"),
        (18, "qps_limit", "Open api qps request limit reached"),
        (19, "total_limit", "Open api total request limit reached"),
        (100, "invalid_parameter", "Invalid parameter"),
        (110, "invalid_token", "Access token invalid or no longer valid"),
        (111, "expired_token", "Access token expired"),
        (336000, "internal_error", "Internal error"),
        (336001, "invalid_argument", "Invalid Argument"),
        (336002, "invalid_json", "Invalid JSON"),
        (336003, "invalid_param", "the length of messages must be an odd number"),
        (336004, "permission_error", "Permission error"),
        (336005, "api_name_not_exist", "API name not exist"),
        (336006, "question_too_long", "the max length of current question is 20000"),
        (336007, "all_questions_too_long", "the max length of all question is 20000"),
        (336100, "server_busy", "the server is busy, try again"),
        (336101, "invalid_http_method", "Invalid http method"),
        (336102, "invalid_content_type", "Invalid Content-Type"),
        (336103, "prompt_too_long", "Prompt tokens too long"),
        (336104, "invalid_system", "Invalid Argument: system"),
        (336105, "invalid_user_setting", "Invalid Argument: user_setting"),
        (336117, "invalid_function_name", "Invalid Argument: functions name"),
        (336122, "invalid_function_parameters", "Invalid Argument: functions parameters"),
        (336123, "invalid_function_schema", "Invalid Argument: functions schema"),
        (336200, "plugin_error", "Internal error"),
        (336501, "rpm_rate_limit_exceeded", "Rate limit reached for RPM"),
        (336502, "tpm_rate_limit_exceeded", "Rate limit reached for TPM"),
        (500000, "console_internal_error", "Internal error"),
    ]

    /// The codes for statuses, and for the names that the catalogues of other providers share.
    private static let workshopCodes = [
        "400": 336003, "401": 110, "403": 6, "404": 3, "405": 336101, "413": 336103, "415": 336102, "422": 336001,
        "429": 18, "500": 336000, "502": 2, "503": 336100, "504": 2, "invalid_api_key": 110, "model_not_found": 3,
        "rate_limit_exceeded": 18, "requests": 336501, "tokens": 336502, "insufficient_quota": 17,
        "server_error": 336000, "context_length_exceeded": 336103,
    ]

    private static func workshop(named name: String) -> Baidu.Failure? {
        switch name {
        case "unknown_client_id", "invalid_client": return unknownClient
        case "client_authentication_failed": return badSecret
        case "invalid_grant": return badGrant
        case "unsupported_grant_type": return badGrantType
        case "credential_not_found": return noCredential
        case "signature_does_not_match": return signatureMismatch
        default: break
        }
        let code = workshopCodes[name] ?? Int(name)
        return workshopErrors.first { $0.name == name || $0.code == code }.map { workshop($0.code, $0.message) }
    }

    // MARK: Platform

    private static let bad = "invalid_request_error"
    private static let limit = "rate_limit_exceeded"

    private static let platformErrors: [(name: String, failure: Baidu.Failure)] = [
        ("malformed_json", request("malformed_json", "Invalid Argument")),
        ("invalid_model", request("invalid_model", "model is empty")),
        ("invalid_messages", request("invalid_messages", "messages can not be empty")),
        ("invalid_argument", request("invalid_argument", "the length of messages must be an odd number")),
        ("characters_too_long", request("characters_too_long", "the max input characters is 20000")),
        ("tokens_too_long", request("tokens_too_long", "Prompt tokens too long")),
        ("image_url_unsafe", platform(400, "unsafe_request", "image_url_unsafe", "The image is unsafe")),
        ("text_unsafe", platform(400, "unsafe_request", "text_unsafe", "The text is unsafe")),
        (
            "no_parameter_permission",
            platform(401, "access_denied", "no_parameter_permission", "No permission to use the parameter")
        ),
        ("model_permission", platform(401, bad, "invalid_model", "No permission to use the model")),
        ("invalid_appid", platform(401, bad, "invalid_appid", "No permission to use the appid")),
        ("invalid_iam_token", badIAMToken),
        ("account_overdue", platform(403, "access_denied", "account_overdue", "The account is overdue")),
        ("not_found", platform(404, bad, "not_found", "Not found")),
        ("method_not_supported", platform(404, bad, "method_not_supported", "Method not supported")),
        ("rpm_rate_limit_exceeded", platform(429, limit, "rpm_rate_limit_exceeded", "Rate limit reached for RPM")),
        ("tpm_rate_limit_exceeded", platform(429, limit, "tpm_rate_limit_exceeded", "Rate limit reached for TPM")),
        (
            "preemptible_rate_limit_exceeded",
            platform(429, limit, "preemptible_rate_limit_exceeded", "Rate limit reached for preemptible resource")
        ),
        ("internal_error", platform(500, "internal_error", "internal_error", "Internal error")),
        ("dispatch_internal_error", platform(500, "internal_error", "dispatch_internal_error", "Internal error")),
    ]

    private static let platformNames = [
        "400": "invalid_argument", "401": "invalid_iam_token", "403": "account_overdue", "404": "not_found",
        "405": "method_not_supported", "413": "characters_too_long", "422": "invalid_argument",
        "429": "rpm_rate_limit_exceeded", "500": "internal_error", "502": "dispatch_internal_error",
        "503": "dispatch_internal_error", "504": "dispatch_internal_error", "invalid_api_key": "invalid_iam_token",
        "model_not_found": "model_permission", "rate_limit_exceeded": "rpm_rate_limit_exceeded",
        "requests": "rpm_rate_limit_exceeded", "tokens": "tpm_rate_limit_exceeded",
        "insufficient_quota": "account_overdue", "server_error": "internal_error",
        "context_length_exceeded": "tokens_too_long",
    ]

    private static func platform(named name: String) -> Baidu.Failure? {
        let wanted = platformNames[name] ?? name
        return platformErrors.first { $0.name == wanted }?.failure
    }
}
