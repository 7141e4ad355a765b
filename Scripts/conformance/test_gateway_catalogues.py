"""Errors of each provider's catalogue, by name, through the gateway: what OpenAI's client sees of them."""

import openai

from gateway import GatewayCase
from suite import control

SPENT = (429, "insufficient_quota")
TOO_LONG = (400, "context_length_exceeded")
UNKNOWN = (404, "model_not_found")
FILTERED = (400, "content_filter")

OPENAI = {
    "invalid_api_key": (401, "invalid_api_key"), "model_access": (403, "model_not_found"), "model_not_found": UNKNOWN,
    "insufficient_quota": SPENT, "tokens": (429, "rate_limit_exceeded"), "requests": (429, "rate_limit_exceeded"),
    "request_too_large": (429, "rate_limit_exceeded"), "context_length_exceeded": TOO_LONG,
    "unsupported_parameter": (400, "unsupported_parameter"), "unsupported_value": (400, "unsupported_value"),
    "invalid_prompt": (400, "invalid_prompt"), "invalid_image_url": (400, "invalid_image_url"),
    "unsupported_country_region_territory": (403, "unsupported_country_region_territory"),
    "server_is_overloaded": (503, "server_is_overloaded"), "slow_down": (503, "slow_down"),
}
AZURE = {
    "401": (401, "invalid_api_key"), "PermissionDenied": (401, "PermissionDenied"), "firewall": (403, None),
    "DeploymentNotFound": (404, "DeploymentNotFound"), "OperationNotSupported": (400, "OperationNotSupported"),
    "content_filter": FILTERED, "jailbreak": FILTERED, "BadRequest": (400, "BadRequest"),
    "tokens": (429, "rate_limit_exceeded"), "provisioned": (429, "rate_limit_exceeded"),
    "RateLimitReached": (429, "RateLimitReached"),
    "InternalServerError": (500, "InternalServerError"), "ServiceUnavailable": (503, "ServiceUnavailable"),
    "application_gateway": (502, "bad_upstream_response"), "context_length_exceeded": TOO_LONG,
}
GOOGLE = {
    "api_key_invalid": (401, "invalid_argument"), "api_key_expired": (401, "invalid_argument"),
    "service_disabled": (403, "permission_denied"), "location_unsupported": (403, "failed_precondition"),
    "model_not_found": UNKNOWN, "quota_exceeded": (429, "resource_exhausted"),
    "invalid_argument": (400, "invalid_argument"), "internal": (500, "internal"),
    "unavailable": (503, "unavailable"), "deadline_exceeded": (504, "deadline_exceeded"),
}
ZHIPU = {
    "1001": (401, "1001"), "1112": (403, "1112"), "1113": SPENT, "1210": (400, "1210"), "1211": UNKNOWN,
    "1214": (400, "1214"), "1220": (403, "1220"), "1234": (502, "1234"), "1261": TOO_LONG, "1301": FILTERED,
    "1302": (429, "1302"), "1303": (429, "1303"), "1305": (429, "1305"), "500": (500, "500"),
}

CATALOGUES = {
    "OpenAI": OPENAI, "Azure": AZURE, "Azure v1": AZURE,
    "Anthropic": {
        "bad_key": (401, "authentication_error"), "billing_error": SPENT, "no_credit": SPENT,
        "permission_error": (403, "permission_error"), "not_found_error": UNKNOWN,
        "request_too_large": (413, "request_too_large"), "rate_limit_error": (429, "rate_limit_error"),
        "api_error": (500, "api_error"), "timeout_error": (504, "timeout_error"),
        "overloaded_error": (529, "overloaded_error"), "prompt_too_long": TOO_LONG, "context_limit": TOO_LONG,
        "max_tokens_above_cap": (400, "invalid_request_error"), "tool_use_unanswered": (400, "invalid_request_error"),
    },
    "Gemini": {
        **GOOGLE, "context_length_exceeded": TOO_LONG, "resource_exhausted": (429, "resource_exhausted"),
        "missing_thought_signature": (400, "invalid_argument"), "file_denied": (403, "permission_denied"),
    },
    "PaLM": {**GOOGLE, "bad_authors": (400, "invalid_argument")},
    "Baidu": {
        "request_limit": (429, "rate_limit_exceeded"), "no_permission": (403, "6"), "daily_limit": SPENT,
        "qps_limit": (429, "rate_limit_exceeded"),
        "invalid_param": (400, "336003"), "permission_error": (403, "336004"), "prompt_too_long": TOO_LONG,
        "question_too_long": TOO_LONG, "server_busy": (503, "336100"),
        "rpm_rate_limit_exceeded": (429, "rate_limit_exceeded"),
        "tpm_rate_limit_exceeded": (429, "rate_limit_exceeded"), "internal_error": (500, "336000"),
        "service_unavailable": (503, "2"), "unsupported_method": UNKNOWN,
    },
    "Baidu V2": {
        "invalid_argument": (400, "invalid_argument"), "tokens_too_long": TOO_LONG, "characters_too_long": TOO_LONG,
        "text_unsafe": FILTERED, "image_url_unsafe": FILTERED,
        "no_parameter_permission": (403, "no_parameter_permission"), "model_permission": (403, "invalid_model"),
        "invalid_iam_token": (401, "invalid_api_key"),
        "account_overdue": SPENT, "not_found": (404, "not_found"),
        "rpm_rate_limit_exceeded": (429, "rate_limit_exceeded"),
        "tpm_rate_limit_exceeded": (429, "rate_limit_exceeded"), "internal_error": (500, "internal_error"),
    },
    "Ali": {
        "InvalidApiKey": (401, "invalid_api_key"), "InvalidParameter": (400, "InvalidParameter"),
        "Arrearage": (429, "Arrearage"), "DataInspectionFailed": FILTERED, "AccessDenied": (403, "AccessDenied"),
        "ModelNotFound": UNKNOWN, "model_not_exist": UNKNOWN, "RequestTimeOut": (504, "RequestTimeOut"),
        "Throttling": (429, "Throttling"),
        "Throttling.AllocationQuota": (429, "Throttling.AllocationQuota"),
        "PostpaidBillOverdue": (429, "PostpaidBillOverdue"),
        "InternalError": (500, "InternalError"), "ModelServingError": (503, "ModelServingError"),
    },
    "Ali Bailian": {
        "invalid_api_key": (401, "invalid_api_key"), "invalid_parameter_error": (400, "invalid_parameter_error"),
        "data_inspection_failed": FILTERED, "Arrearage": SPENT, "model_not_found": UNKNOWN,
        "access_denied": (403, "access_denied"), "limit_requests": (429, "rate_limit_exceeded"),
        "limit_burst_rate": (429, "rate_limit_exceeded"), "insufficient_quota": SPENT,
        "internal_error": (500, "internal_error"), "503": (503, "service_unavailable"),
    },
    "Zhipu": ZHIPU, "Zhipu 3": ZHIPU,
}
CLASSES = {
    400: openai.BadRequestError, 401: openai.AuthenticationError, 403: openai.PermissionDeniedError,
    404: openai.NotFoundError, 409: openai.ConflictError, 422: openai.UnprocessableEntityError,
    429: openai.RateLimitError,
}


class Catalogues(GatewayCase):
    def test_each_name(self):
        for name, (status, code) in CATALOGUES[self.upstream.name].items():
            with self.subTest(name):
                # Twice, since the gateway may retry with another access token.
                self.fault(count=2, error=name)
                kind = CLASSES.get(status, openai.InternalServerError if status >= 500 else openai.APIStatusError)
                with self.assertRaises(kind) as caught:
                    self.ask()
                error = caught.exception
                self.assertEqual((error.status_code, error.code), (status, code))
                self.assertExplained(error)
                self.assertTrue(error.type)
            control("POST", "/reset")
