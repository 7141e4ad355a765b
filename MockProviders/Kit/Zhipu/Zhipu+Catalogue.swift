extension Zhipu.Failure {
    private typealias Row = (name: String, code: Int, status: Int, english: String, chinese: String)

    /// The failure with a code, without a field's name in its text.
    static func code(_ code: Int) -> Zhipu.Failure { named("\(code)") ?? internalError }

    private static let internalError = Zhipu.Failure(code: 500, status: 500, english: "Internal Error", chinese: "内部错误")

    /// The failure for a name, a code or a status; `MockProviders/Docs/zhipu.md` lists them.
    static func named(_ name: String) -> Zhipu.Failure? {
        if name == "unknown_path" { return unknownPath }
        if name == "405" || name == "method_not_allowed" { return badMethod }
        let wanted = aliases[name] ?? name
        if let row = rows.first(where: { $0.name == wanted || "\($0.code)" == wanted }) {
            return Zhipu.Failure(code: row.code, status: row.status, english: row.english, chinese: row.chinese)
        }
        guard let (other, status) = otherStatuses[name], var failure = named(other) else { return nil }
        failure.status = status
        return failure
    }

    /// The codes for statuses, and for the names that the catalogues of other providers share.
    private static let aliases = [
        "400": "1210", "401": "1000", "403": "1220", "404": "1222", "409": "1231", "413": "1261", "422": "1214",
        "429": "1302", "invalid_api_key": "1000", "no_api_key": "1001", "model_not_found": "1211",
        "rate_limit_exceeded": "1302", "requests": "1303", "tokens": "1305", "insufficient_quota": "1113",
        "server_error": "500", "context_length_exceeded": "1261", "content_policy_violation": "1301",
        "overloaded": "1312",
    ]

    /// Codes that were also seen with another status.
    private static let otherStatuses = [
        "408": ("1234", 408), "502": ("1234", 502), "503": ("1234", 503), "504": ("1234", 504),
        "no_permission_434": ("1220", 434), "sensitive_200": ("1301", 200), "gateway_401": ("door", 401),
    ]

    private static let rows: [Row] = doors + callings + limits

    private static let doors: [Row] = [
        ("internal_error", 500, 500, "Internal Error", "内部错误"),
        ("door", 401, 401, "Authentication Failed", "身份验证失败"),
        ("authentication_failed", 1000, 401, "Authentication Failed", "身份验证失败。"),
        (
            "no_token", 1001, 401,
            "Authentication parameter not received in Header, unable to authenticate",
            "Header 中未收到 Authentication 参数，无法进行身份验证。"
        ),
        (
            "invalid_token", 1002, 401,
            "Invalid Authentication Token, please confirm the correct transmission of the Authentication Token",
            "Authentication Token 非法，请确认 Authentication Token 正确传递。"
        ),
        (
            "expired_token", 1003, 401, "Authentication Token expired, please regenerate/obtain",
            "Authentication Token 已过期，请重新生成/获取。"
        ),
        (
            "rejected_token", 1004, 401, "Authentication failed with the provided Authentication Token",
            "通过 Authentication Token 的验证失败。"
        ),
        (
            "account_inactive", 1110, 401, "Your account is currently inactive. Please check your account information",
            "您的账户当前处于非活动状态，请检查账户信息。"
        ),
        ("account_missing", 1111, 401, "Your account does not exist", "您的账户不存在。"),
        (
            "account_locked", 1112, 401,
            "Your account has been locked. Please contact customer service to unlock it",
            "您的账户已被锁定，请联系客服解锁。"
        ),
        (
            "arrears", 1113, 429, "Your account is in arrears, please recharge and try again",
            "您的账户已欠费，请充值后重试。"
        ),
        (
            "insufficient_balance", 1113, 429, "Insufficient balance or no resource package. Please recharge.",
            "余额不足或无可用资源包,请充值。"
        ),
        (
            "account_irregular", 1121, 401,
            "Your account has been locked due to irregular activities", "账户存在违规行为，账号已被锁定。"
        ),
    ]

    private static let callings: [Row] = [
        (
            "bad_parameters", 1210, 400, "Incorrect API call parameters, please check the documentation",
            "API 调用参数有误，请检查文档。"
        ),
        (
            "unknown_model", 1211, 400, "Model does not exist, please check the model code",
            "模型不存在，请检查模型代码。"
        ),
        (
            "unsupported_method", 1212, 400, "Current model does not support SSE call method",
            "当前模型不支持 SSE 调用方式"
        ),
        ("missing_parameter", 1213, 400, "model parameter not received properly", "未正常接收到 model 参数。"),
        (
            "invalid_parameter", 1214, 400, "The messages parameter is illegal. Please check the documentation.",
            "messages 参数非法。请检查文档。"
        ),
        (
            "conflicting_parameters", 1215, 400,
            "image_url and video_url cannot be set simultaneously, please check the documentation",
            "image_url 与 video_url 不能同时设置，请检查文档。"
        ),
        ("no_permission", 1220, 403, "You do not have permission to access chat", "您无权访问 chat。"),
        ("api_offline", 1221, 404, "API chat has been taken offline", "API chat 已下线。"),
        ("api_missing", 1222, 404, "API chat does not exist", "API chat 不存在。"),
        ("process_error", 1230, 500, "API call process error", "API 调用流程出错。"),
        ("repeated_request", 1231, 400, "You already have a request: mock-request", "您已有请求：mock-request"),
        (
            "network_error", 1234, 500,
            "Network error, error id: 20260102030405a1b2c3d4e5f60718, please contact customer service",
            "网络错误，错误id：20260102030405a1b2c3d4e5f60718，请联系客服。"
        ),
        ("prompt_too_long", 1261, 400, "Prompt too long", "Prompt 超长"),
    ]

    private static let limits: [Row] = [
        ("policy", 1300, 400, "API call blocked by policy", "API 调用被策略阻止。"),
        (
            "sensitive", 1301, 400,
            "System detected potentially unsafe or sensitive content in input or generation. Please avoid using "
                + "prompts that may generate sensitive content. Thank you for your cooperation.",
            "系统检测到输入或生成内容可能包含不安全或敏感内容，请您避免输入易产生敏感内容的提示语，感谢您的配合。"
        ),
        (
            "concurrency", 1302, 429,
            "High concurrency usage of this API, please reduce concurrency or contact customer service to increase "
                + "limits", "您当前使用该 API 的并发数过高，请降低并发，或联系客服增加限额。"
        ),
        (
            "frequency", 1303, 429,
            "High frequency usage of this API, please reduce frequency or contact customer service to increase limits",
            "您当前使用该 API 的频率过高，请降低频率，或联系客服增加限额。"
        ),
        (
            "daily_limit", 1304, 429, "Daily call limit for this API has been reached",
            "该 API 已达今日调用次数限额，如有更多需求，请联系客服购买。"
        ),
        ("traffic_limit", 1305, 429, "The API has triggered a traffic limit", "该 API 已触发流量限制。"),
        (
            "usage_limit", 1308, 429, "Usage limit reached for 5 hour. Your limit will reset at 2026-01-02 08:00:00",
            "已达到 5 小时的使用上限。您的限额将在 2026-01-02 08:00:00 重置。"
        ),
        (
            "plan_expired", 1309, 429, "Your GLM Coding Plan has expired and is temporarily unavailable",
            "您的 GLM Coding Plan 套餐已到期，暂无法使用。"
        ),
        (
            "weekly_limit", 1310, 429, "Weekly limit exhausted. Your limit will reset at 2026-01-05 00:00:00",
            "已达到每周的使用上限。您的限额将在 2026-01-05 00:00:00 重置。"
        ),
        (
            "not_in_plan", 1311, 429, "Your current subscription plan does not include access to this model",
            "当前订阅套餐暂未开放该模型权限。"
        ),
        ("high_demand", 1312, 429, "This model is in high demand, please try again later", "该模型当前访问量过大，请您稍后再试。"),
        (
            "fair_use", 1313, 429, "Your account's usage does not comply with the fair use policy",
            "您的账户使用方式不符合公平使用政策。"
        ),
    ]
}
