extension Ali.Failure {
    static let noKey = Ali.Failure(status: 401, code: "InvalidApiKey", message: "No API-key provided.")
    static let badKey = Ali.Failure(status: 401, code: "InvalidApiKey", message: "Invalid API-key provided.")
    static let noPage = Ali.Failure(status: 404, code: "NotFound", message: "Not found!")
    static let noWorkspace = Ali.Failure(
        status: 404, code: "WorkSpaceNotFound", message: "WorkSpace can not be found.")
    static let deniedWorkspace = Ali.Failure(
        status: 403, code: "Workspace.AccessDenied", message: "Workspace access denied.")
    static let noInput = Ali.Failure(
        code: "BadRequest.EmptyInput", message: "Required input parameter missing from request.")
    static let noParameters = Ali.Failure(
        code: "BadRequest.EmptyParameters", message: "Required parameter \"parameters\" missing from request.")
    static let noModelName = Ali.Failure(
        code: "BadRequest.EmptyModel", message: "Required parameter \"model\" missing from request.")
    static let badMessages = parameter("Role must be user or assistant and Content length must be greater than 0")
    static let badURL = Ali.Failure(code: "InvalidURL", message: "Invalid URL provided in your request.")
    static let onlyTasks = Ali.Failure(
        status: 403, code: "AccessDenied", message: "current user api does not support synchronous calls.")
    static let tooLarge = Ali.Failure(status: 413, code: "BadRequest.TooLarge", message: "Payload Too Large")
    static let badInput = Ali.Failure(
        code: "DataInspectionFailed", message: "Input data may contain inappropriate content.")
    static let badOutput = Ali.Failure(
        code: "DataInspectionFailed", message: "Output data may contain inappropriate content.")
    static let noMedia = Ali.Failure(
        code: "InvalidParameter.DataInspection",
        message: "Unable to download the media resource during the data inspection process.")
    static let notPending = Ali.Failure(
        code: "UnsupportedOperation",
        message: "Failed to cancel the task, please confirm if the task is in PENDING status.")
    static let wantsStream = parameter("parameter.enable_thinking must be set to false for non-streaming calls")

    static func noModel(_ name: String) -> Ali.Failure {
        Ali.Failure(status: 404, code: "ModelNotFound", message: "Model not found.", model: name)
    }

    /// The model belongs to another endpoint.
    static let otherModel = parameter("Model not exist.")

    private static func made(_ status: Int, _ code: String, _ message: String) -> Ali.Failure {
        Ali.Failure(status: status, code: code, message: message)
    }

    private static let timeout = "Request timed out, please try again later."

    /// All errors by their native names. Some of them happen only when a test asks for them by name.
    private static let all: [Ali.Failure] = [
        badKey, badRequest, noInput, noParameters, noModelName, badURL, tooLarge, badInput, noMedia, notPending,
        noPage, noWorkspace, deniedWorkspace, noModel(""),
        made(400, "Arrearage", "Access denied, please make sure your account is in good standing."),
        made(400, "FlowNotPublished", "Flow has not published yet, please publish flow and try again."),
        made(403, "AccessDenied", "Access denied."),
        made(
            403, "AccessDenied.Unpurchased",
            "Access to model denied. Please make sure you are eligible for using the model."),
        made(403, "Model.AccessDenied", "Model access denied."),
        made(
            403, "AllocationQuota.FreeTierOnly",
            "The free tier of the model has been exhausted. If you wish to continue access the model on a paid basis, "
                + "please disable the \"use free tier only\" mode in the management console."),
        made(408, "RequestTimeOut", timeout),
        made(415, "BadRequest.InputDownloadFailed", "Failed to download the input file."),
        made(415, "BadRequest.UnsupportedFileFormat", "Input file format is not supported."),
        made(429, "Throttling", "Requests throttling triggered."),
        made(429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later."),
        made(
            429, "Throttling.BurstRate",
            "Request rate increased too quickly. To ensure system stability, please adjust your client logic to scale "
                + "requests more smoothly over time."),
        made(
            429, "Throttling.AllocationQuota",
            "Allocated quota exceeded, please increase your quota limit."),
        made(429, "CommodityNotPurchased", "Commodity has not purchased yet."),
        made(429, "PrepaidBillOverdue", "The prepaid bill is overdue."),
        made(429, "PostpaidBillOverdue", "The postpaid bill is overdue."),
        made(
            500, "InternalError",
            "An internal error has occured, please try again later or contact service support."),
        made(500, "InternalError.Algo", "inference internal error"),
        made(
            500, "InternalError.Timeout",
            "An internal timeout error has occured during execution, please try again later or contact service "
                + "support."),
        made(500, "SystemError", "An system error has occured, please try again later."),
        made(500, "ModelServiceFailed", "Failed to request model service."),
        made(503, "ModelUnavailable", "Model is unavailable, please try again later."),
        made(
            503, "ModelServingError",
            "Too many requests. Your requests are being throttled due to system capacity limits."),
    ]

    /// The native names for statuses, for the compatible mode's codes, and for the names that other providers'
    /// catalogues share.
    private static let names = [
        "400": "InvalidParameter", "401": "InvalidApiKey", "403": "AccessDenied", "404": "ModelNotFound",
        "408": "RequestTimeOut", "413": "BadRequest.TooLarge", "415": "BadRequest.InputDownloadFailed",
        "422": "InvalidParameter", "429": "Throttling.RateQuota", "500": "InternalError", "503": "ModelUnavailable",
        "invalid_api_key": "InvalidApiKey", "invalid_parameter_error": "InvalidParameter",
        "data_inspection_failed": "DataInspectionFailed", "content_policy_violation": "DataInspectionFailed",
        "arrearage": "Arrearage", "model_not_found": "ModelNotFound", "access_denied": "AccessDenied",
        "limit_requests": "Throttling.RateQuota", "limit_burst_rate": "Throttling.BurstRate",
        "rate_limit_exceeded": "Throttling.RateQuota", "requests": "Throttling.RateQuota",
        "tokens": "Throttling.AllocationQuota", "insufficient_quota": "Throttling.AllocationQuota",
        "internal_error": "InternalError", "server_error": "InternalError",
        "internal_server_error": "InternalError", "service_unavailable": "ModelUnavailable",
    ]

    private static let others: [String: Ali.Failure] = [
        "no_api_key": noKey, "messages": badMessages, "sync_calls": onlyTasks, "output_inspection": badOutput,
        "context_length_exceeded": parameter("Range of input length should be [1, 30720]"),
        "model_not_exist": otherModel, "thinking_stream": wantsStream,
        "free_quota": made(429, "Throttling.AllocationQuota", "Free allocated quota exceeded."),
        "405": noPage, "502": made(502, "ModelServiceFailed", "Failed to request model service."),
        "504": made(504, "RequestTimeOut", timeout), "timeout": made(500, "RequestTimeOut", timeout),
    ]

    /// The failure for a name or a status; `MockProviders/Docs/ali.md` lists them.
    static func catalogue(_ name: String, model: String) -> Ali.Failure? {
        if let other = others[name] { return other }
        let wanted = names[name] ?? name
        guard var found = all.first(where: { $0.code == wanted }) else { return nil }
        found.model = model
        if name == "internal_server_error" { found.compatibleCode = name }
        return found
    }
}
