extension Azure.Refusal {
    /// The refusal for a name or a status; `MockProviders/Docs/azure.md` lists them.
    static func catalogue(_ name: String, _ call: Call) -> Self? {
        let address = Azure.Address(call)
        let operation = address?.operation ?? .chat
        let found = doors(name, operation) ?? requests(name, operation) ?? limits(name, call, address) ?? outages(name)
        if let found { return found }
        let key = call.identity.key ?? ""
        return Failure.catalogue(name, model: call.identity.model ?? "gpt-4o", key: key).map { Self($0) }
    }

    private static func doors(_ name: String, _ operation: Azure.Operation) -> Self? {
        switch name {
        case "401", "invalid_api_key", "no_api_key": badKey
        case "bad_token": badToken(audience: "https://cognitiveservices.azure.com")
        case "PermissionDenied", "no_role": noRole(principal: somebody, operation)
        case "403", "firewall": Self(403, code: "403", "Access denied due to Virtual Network/Firewall rules.")
        case "private_endpoint":
            Self(403, code: "403", "Public access is disabled. Please configure private endpoint.")
        case "404", "DeploymentNotFound", "model_not_found": deploymentNotFound
        case "resource_not_found", "405", "method_not_supported": notFound
        default: nil
        }
    }

    private static func requests(_ name: String, _ operation: Azure.Operation) -> Self? {
        switch name {
        case "OperationNotSupported", "not_a_chat_model": operationNotSupported(operation, "text-embedding-ada-002")
        case "content_filter": contentFilter(.violence)
        case "jailbreak": contentFilter(.jailbreak)
        case "content_policy_violation", "moderation_blocked": imagePolicy
        case "400", "BadRequest":
            badRequest(
                "'$.input' is invalid. Please check the API reference: "
                    + "https://platform.openai.com/docs/api-reference.")
        case "api_version":
            badRequest("Model o3-mini is enabled only for api versions 2024-12-01-preview and later")
        case "unknown_field": unrecognized("parallel_tool_calls")
        case "415", "UnsupportedMediaType": unsupportedMediaType
        case "424", "failed_dependency":
            Self(
                Failure(
                    status: 424, type: "failed_dependency", code: "FailedDependency",
                    message: "The data source could not be reached."))
        default: nil
        }
    }

    private static func limits(_ name: String, _ call: Call, _ address: Azure.Address?) -> Self? {
        let action = address?.operation?.action ?? Azure.Operation.chat.action
        let version = address?.api.name ?? "2024-10-21"
        func rate(_ dimension: String) -> String {
            "Requests to the \(action) Operation under Azure OpenAI API version \(version) have exceeded \(dimension) "
                + "rate limit of your current OpenAI S0 pricing tier. Please retry after 1 second. Please go here: "
                + "https://aka.ms/oai/quotaincrease if you would like to further increase the default rate limit."
        }
        let newer =
            "Your requests to \(call.identity.model ?? "gpt-4o") for gpt-4o in East US have exceeded the token rate limit "
            + "for your current AIServices S0 pricing tier. Please retry after 1 second."
        switch name {
        case "429", "rate_limit_exceeded", "tokens":
            return Self(429, code: "429", rate("token"), headers: waits("Token"))
        case "requests": return Self(429, code: "429", rate("call"), headers: waits("Call"))
        case "no_retry_after": return Self(429, code: "429", rate("token"))
        case "never":
            let day = [("retry-after", "86400"), ("retry-after-ms", "86400000")]
            return Self(429, code: "429", rate("token"), headers: waits("Token") + day)
        case "too_many_requests": return Self(429, code: name, newer, headers: waits("Token"))
        case "RateLimitReached": return Self(429, code: name, newer, headers: waits("Token"))
        case "provisioned":
            let full = [("azure-openai-deployment-utilization", "100%"), ("retry-after-ms", "174")]
            return Self(429, code: "429", newer, headers: full)
        default: return nil
        }
    }

    /// The reset times are in whole seconds here.
    private static func waits(_ quota: String) -> [(String, String)] {
        [
            ("retry-after", "1"), ("retry-after-ms", "174"), ("x-ratelimit-reset-requests", "1"),
            ("x-ratelimit-reset-tokens", "1"), ("policy-id", "DeploymentRatelimit-\(quota)"),
        ]
    }

    private static func outages(_ name: String) -> Self? {
        switch name {
        case "408", "Timeout": Self(408, code: "Timeout", "The operation was timeout.")
        case "500", "InternalServerError":
            Self(
                500, code: "InternalServerError",
                "Backend returned unexpected response. Please contact Microsoft for help.")
        case "503", "ServiceUnavailable", "service_unavailable":
            Self(
                503, code: "ServiceUnavailable",
                "The service is temporarily unable to process your request. Please try again later.",
                headers: [("retry-after", "1")])
        case "502", "application_gateway": page(502, applicationGateway)
        case "504", "front_door": page(504, frontDoor)
        default: nil
        }
    }

    // MARK: Pages

    private static func page(_ status: Int, _ html: String) -> Self {
        Self(
            status, body: Array(html.utf8), type: "text/html",
            headers: [
                ("x-azure-ref", "20251009T085320Z-mock0000000000000000000000000000"), ("x-cache", "CONFIG_NOCACHE"),
            ])
    }

    private static let applicationGateway =
        "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n"
        + "<hr><center>Microsoft-Azure-Application-Gateway/v2</center>\r\n</body>\r\n</html>\r\n"

    private static let frontDoor = """
        <!DOCTYPE html>
        <html><head><title>Service unavailable</title></head><body>
        <h2>Our services aren't available right now</h2>
        <p>We're working to restore all services as soon as possible. Please check back soon.</p>
        </body></html>

        """
}
