import JSON

extension Azure.Refusal {
    /// The holder of a token that does not name one.
    static let somebody = "00000000-0000-4000-8000-000000000001"

    static let badKey = Self(
        401, code: "401",
        "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an "
            + "active subscription and use a correct regional API endpoint for your resource.")

    /// The front end's flat envelope (C).
    static func badToken(audience: String) -> Self {
        let body: JSON = [
            "statusCode": 401,
            "message": .string(
                "Unauthorized. Access token is missing, invalid, audience is incorrect (\(audience)), or have expired."
            ),
        ]
        return Self(
            401, body: body.encoded(),
            headers: [
                (
                    "www-authenticate",
                    "AzureApiManagementKey realm=\"https://mock.openai.azure.com\",name=\"api-key\",type=\"header\""
                )
            ])
    }

    static func noRole(principal: String, _ operation: Azure.Operation) -> Self {
        let path = operation.rawValue
        return Self(
            401, code: "PermissionDenied",
            "The principal `\(principal)` lacks the required data action "
                + "`Microsoft.CognitiveServices/accounts/OpenAI/deployments/\(path)/action` to perform "
                + "`POST /openai/deployments/{deployment-id}/\(path)` operation.")
    }

    static let notFound = Self(404, code: "404", "Resource not found")

    static let deploymentNotFound = Self(
        404, code: "DeploymentNotFound",
        "The API deployment for this resource does not exist. If you created the deployment within the last 5 "
            + "minutes, please wait a moment and try again.")

    static func operationNotSupported(_ operation: Azure.Operation, _ model: String) -> Self {
        Self(
            400, code: "OperationNotSupported",
            "The \(operation.noun) operation does not work with the specified model, \(model). Please choose different "
                + "model and try again. You can learn more about which models can be used with each operation here: "
                + "https://go.microsoft.com/fwlink/?linkid=2197993.")
    }

    static func badRequest(_ message: String) -> Self { Self(400, code: "BadRequest", message) }

    /// The API version does not know this field.
    static func unrecognized(_ field: String) -> Self {
        Self(Failure(message: "Unrecognized request argument supplied: \(field)"))
    }

    static let unsupportedMediaType = Self(
        415, code: "UnsupportedMediaType", "The content type of the request is not supported.")

    /// The filter blocked a prompt of text: `innererror`, and one result.
    static func contentFilter(_ guilt: Azure.Filter.Guilt) -> Self {
        var refusal = Self(
            400,
            body: JSON.object([
                "error": [
                    "message": """
                    The response was filtered due to the prompt triggering Azure OpenAI's content management policy. \
                    Please modify your prompt and retry.
                    """,
                    "type": .null, "param": "prompt", "code": "content_filter", "status": 400,
                    "innererror": [
                        "code": "ResponsibleAIPolicyViolation",
                        "content_filter_result": Azure.Filter.prompt(guilt),
                    ],
                ]
            ]).encoded())
        refusal.isOfModel = true
        return refusal
    }

    /// The filter blocked a prompt of a picture: `inner_error`, and several results.
    static let imagePolicy: Self = {
        let guilty: JSON = ["filtered": true, "severity": "medium"]
        var refusal = Self(
            400,
            body: JSON.object([
                "error": [
                    "code": "content_policy_violation",
                    "message": "Your request was rejected as a result of our safety system.",
                    "inner_error": [
                        "code": "ResponsibleAIPolicyViolation", "revised_prompt": "A picture that the filter stopped",
                        "content_filter_results": [
                            "violence": guilty, "jailbreak": ["filtered": false, "detected": false],
                        ],
                    ],
                ]
            ]).encoded())
        refusal.isOfModel = true
        return refusal
    }()
}
