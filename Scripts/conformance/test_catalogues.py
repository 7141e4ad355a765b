"""Each name of three error catalogues through the provider's own package: class, status, type or code, message, one
request."""

import anthropic
import openai
from google.genai import errors

from suite import Case, needs_mock
from test_anthropic_messages import Anthropic
from test_gemini_generate import Gemini

INVALID = "invalid_request_error"


@needs_mock
class OpenAICatalogue(Case):
    """spec/wire/openai.md §12: name, class, status, type, code, message."""

    rows = [
        ("invalid_api_key", openai.AuthenticationError, 401, INVALID, "invalid_api_key", "Incorrect API key"),
        ("no_api_key", openai.AuthenticationError, 401, INVALID, None, "You didn't provide an API key."),
        (
            "mismatched_organization", openai.AuthenticationError, 401, INVALID, "mismatched_organization",
            "header should match organization",
        ),
        (
            "unsupported_country_region_territory", openai.PermissionDeniedError, 403, "request_forbidden",
            "unsupported_country_region_territory", "Country, region, or territory not supported",
        ),
        ("model_access", openai.PermissionDeniedError, 403, INVALID, "model_not_found", "does not have access"),
        ("model_not_found", openai.NotFoundError, 404, INVALID, "model_not_found", "does not exist or you do not have"),
        ("not_a_chat_model", openai.NotFoundError, 404, INVALID, None, "This is not a chat model"),
        ("method_not_supported", openai.APIStatusError, 405, INVALID, "method_not_supported", "Not allowed to POST"),
        ("insufficient_quota", openai.RateLimitError, 429, "insufficient_quota", "insufficient_quota", "current quota"),
        ("tokens", openai.RateLimitError, 429, "tokens", "rate_limit_exceeded", "tokens per min (TPM)"),
        ("rate_limit_exceeded", openai.RateLimitError, 429, "tokens", "rate_limit_exceeded", "Rate limit reached for"),
        ("requests", openai.RateLimitError, 429, "requests", "rate_limit_exceeded", "requests per min (RPM)"),
        ("request_too_large", openai.RateLimitError, 429, "tokens", "rate_limit_exceeded", "must be reduced"),
        (
            "context_length_exceeded", openai.BadRequestError, 400, INVALID, "context_length_exceeded",
            "This model's maximum context length is",
        ),
        ("unsupported_parameter", openai.BadRequestError, 400, INVALID, "unsupported_parameter", "'max_tokens'"),
        ("unsupported_value", openai.BadRequestError, 400, INVALID, "unsupported_value", "Only the default (1) value"),
        (
            "content_policy_violation", openai.BadRequestError, 400, INVALID, "content_policy_violation",
            "violating our usage policy",
        ),
        ("invalid_prompt", openai.BadRequestError, 400, INVALID, "invalid_prompt", "Invalid prompt: "),
        (
            "moderation_blocked", openai.BadRequestError, 400, "image_generation_user_error", "moderation_blocked",
            "rejected as a result of our safety system",
        ),
        ("invalid_image_url", openai.BadRequestError, 400, INVALID, "invalid_image_url", "downloading the image"),
        ("invalid_image_format", openai.BadRequestError, 400, INVALID, "invalid_image_format", "unsupported image"),
        ("409", openai.ConflictError, 409, INVALID, None, "conflicts"),
        ("413", openai.APIStatusError, 413, "server_error", None, "Maximum content size limit (26214400) exceeded"),
        ("422", openai.UnprocessableEntityError, 422, INVALID, None, "well-formed"),
        ("408", openai.APIStatusError, 408, INVALID, None, "timed out"),
        ("server_error", openai.InternalServerError, 500, "server_error", None, "The server had an error while"),
        ("502", openai.InternalServerError, 502, "server_error", None, "Bad gateway"),
        ("service_unavailable", openai.InternalServerError, 503, "server_error", None, "currently overloaded"),
        (
            "server_is_overloaded", openai.InternalServerError, 503, "service_unavailable_error",
            "server_is_overloaded", "currently overloaded",
        ),
        ("slow_down", openai.InternalServerError, 503, "rate_limit_error", "slow_down", "Slow down."),
        ("504", openai.InternalServerError, 504, "server_error", None, "timed out"),
    ]

    def make(self, **options):
        return super().make(max_retries=0, **options)

    def test_each_name(self):
        for name, kind, status, type, code, words in self.rows:
            with self.subTest(name):
                self.fault(error=name)
                with self.counted(1), self.assertRaises(kind) as caught:
                    self.ask()
                error = caught.exception
                self.assertEqual((error.status_code, error.type, error.code), (status, type, code))
                self.assertIn(words, error.message)
                self.assertTrue(error.request_id.startswith("req_"))


@needs_mock
class AnthropicCatalogue(Anthropic):
    """spec/wire/anthropic.md §9: status, type, message; the class follows from the status."""

    kinds = {
        400: anthropic.BadRequestError, 401: anthropic.AuthenticationError, 403: anthropic.PermissionDeniedError,
        404: anthropic.NotFoundError, 409: anthropic.ConflictError, 422: anthropic.UnprocessableEntityError,
        429: anthropic.RateLimitError, 500: anthropic.InternalServerError,
    }
    others = [
        ("bad_key", 401, "authentication_error", "invalid x-api-key"),
        ("no_key", 401, "authentication_error", "x-api-key header is required"),
        ("bad_bearer", 401, "authentication_error", "Invalid bearer token"),
        ("billing_error", 402, "billing_error", "credit balance is too low"),
        ("permission_error", 403, "permission_error", "does not have permission to use the specified resource"),
        ("forbidden", 403, "forbidden", "Request not allowed"),
        ("not_found_error", 404, "not_found_error", "model: claude"),
        ("unknown_path", 404, "not_found_error", "Not Found"),
        ("405", 405, INVALID, "Method Not Allowed"),
        ("408", 408, "timeout_error", "Request timed out"),
        ("conflict_error", 409, "conflict_error", "conflicts"),
        ("request_too_large", 413, "request_too_large", "Request exceeds the maximum size"),
        ("422", 422, INVALID, "well-formed"),
        ("rate_limit_error", 429, "rate_limit_error", "would exceed your organization's rate limit"),
        ("api_error", 500, "api_error", "Internal server error"),
        ("502", 502, "api_error", "Bad gateway"), ("503", 503, "api_error", "Service unavailable"),
        ("timeout_error", 504, "timeout_error", "Request timed out"),
        ("overloaded_error", 529, "overloaded_error", "Overloaded"),
    ]
    bad_requests = {
        "no_version": "anthropic-version: header is required", "no_max_tokens": "max_tokens: Field required",
        "no_credit": "Your credit balance is too low to access the Anthropic API.",
        "effort": "does not support effort level 'xhigh'. Supported levels: high, low, max, medium.",
        "empty_messages": "messages: at least one message is required",
        "max_tokens_above_cap": "max_tokens: 999999 > 64000", "prompt_too_long": "213462 tokens > 200000 maximum",
        "context_limit": "exceed context limit: 190000 + 20000 > 200000", "temperature": "temperature: range: 0..1",
        "both_sampling": "cannot both be specified", "tool_name": "String should match pattern",
        "tool_names_unique": "tools: Tool names must be unique.",
        "tool_schema": "input_schema.type: Input should be 'object'",
        "unknown_field": "foo: Extra inputs are not permitted", "bad_image": "Could not process image",
        "image_too_big": "image exceeds 5 MB maximum: 6291456 bytes", "cache_breakpoints": "A maximum of 4 blocks",
        "empty_content": "messages.1: all messages must have non-empty content",
        "empty_text": "text content blocks must be non-empty", "blank_text": "must contain non-whitespace text",
        "prefill_blank": "cannot end with trailing whitespace", "first_role": 'first message must use the "user" role',
        "alternate_roles": 'roles must alternate between "user" and "assistant"',
        "system_role": 'Unexpected role "system".',
        "tool_use_unanswered": "without `tool_result` blocks immediately after",
        "orphan_tool_result": "unexpected `tool_use_id` found", "tool_use_ids_unique": "`tool_use` ids must be unique",
        "thinking_first": "must start with a thinking block", "thinking_modified": "cannot be modified",
        "thinking_signature": "Invalid `signature` in `thinking` block",
        "thinking_budget": "Input should be greater than or equal to 1024",
        "budget_above_max_tokens": "must be greater than `thinking.budget_tokens`",
        "thinking_temperature": "may only be set to 1 when thinking is enabled",
        "thinking_forced_tool": "when tool_choice forces tool use",
    }

    def test_each_name(self):
        rows = self.others + [(name, 400, INVALID, words) for name, words in self.bad_requests.items()]
        with self.make(max_retries=0) as client:
            for name, status, type, words in rows:
                with self.subTest(name):
                    # Two of them ask for a retry.
                    self.fault(error=name, headers={"x-should-retry": "false"})
                    with self.counted(1), self.assertRaises(self.kinds.get(status, anthropic.APIStatusError)) as caught:
                        self.ask(client)
                    error = caught.exception
                    self.assertEqual((error.status_code, error.body["error"]["type"]), (status, type))
                    self.assertIn(words, error.body["error"]["message"])
                    self.assertEqual(error.body["request_id"], error.request_id)


@needs_mock
class GeminiCatalogue(Gemini):
    """spec/wire/gemini.md §9: code, status word, message."""

    rows = [
        ("api_key_not_found", 400, "INVALID_ARGUMENT", "API Key not found."),
        ("api_key_invalid", 400, "INVALID_ARGUMENT", "API key not valid."),
        ("api_key_expired", 400, "INVALID_ARGUMENT", "API key expired."),
        ("api_key_leaked", 403, "PERMISSION_DENIED", "reported as leaked"),
        ("unauthenticated", 401, "UNAUTHENTICATED", "invalid authentication credentials"),
        ("unregistered_caller", 403, "PERMISSION_DENIED", "Method doesn't allow unregistered callers"),
        ("service_disabled", 403, "PERMISSION_DENIED", "has not been used in project 123"),
        ("location_unsupported", 400, "FAILED_PRECONDITION", "User location is not supported"),
        ("model_not_found", 404, "NOT_FOUND", "is not found for API version v1beta"),
        ("context_length_exceeded", 400, "INVALID_ARGUMENT", "The input token count (1200000) exceeds"),
        ("quota_exceeded", 429, "RESOURCE_EXHAUSTED", "You exceeded your current quota"),
        ("daily_quota_exceeded", 429, "RESOURCE_EXHAUSTED", "limit: 250,"),
        ("token_quota_exceeded", 429, "RESOURCE_EXHAUSTED", "input_token_count"),
        ("resource_exhausted", 429, "RESOURCE_EXHAUSTED", "Resource has been exhausted (e.g. check quota)."),
        ("no_contents", 400, "INVALID_ARGUMENT", "contents is not specified"),
        ("empty_part", 400, "INVALID_ARGUMENT", "required oneof field 'data'"),
        ("bad_role", 400, "INVALID_ARGUMENT", "Please use a valid role: user, model."),
        ("call_order", 400, "INVALID_ARGUMENT", "function call turn comes immediately after a user turn"),
        ("response_count", 400, "INVALID_ARGUMENT", "number of function response parts is equal"),
        ("missing_thought_signature", 400, "INVALID_ARGUMENT", "missing a thought_signature"),
        ("schema_keyword", 400, "INVALID_ARGUMENT", 'Unknown name "const"'),
        ("wrong_type", 400, "INVALID_ARGUMENT", "(TYPE_FLOAT)"),
        ("json_with_functions", 400, "INVALID_ARGUMENT", "Function calling with a response mime type"),
        ("thinking_budget", 400, "INVALID_ARGUMENT", "Budget 0 is invalid."),
        ("bad_image", 400, "INVALID_ARGUMENT", "Unable to process input image."),
        ("bad_json", 400, "INVALID_ARGUMENT", "Invalid JSON payload received."),
        ("unknown_field", 400, "INVALID_ARGUMENT", 'Unknown name "max_tokens"'),
        ("invalid_argument", 400, "INVALID_ARGUMENT", "Request contains an invalid argument."),
        ("url_denied", 400, "INVALID_ARGUMENT", "Cannot fetch content from the provided URL."),
        ("file_denied", 403, "PERMISSION_DENIED", "permission to access the File abc"),
        ("request_too_large", 400, "INVALID_ARGUMENT", "payload size exceeds the limit"),
        ("aborted", 409, "ABORTED", "aborted"), ("cancelled", 499, "CANCELLED", "The operation was cancelled."),
        ("internal", 500, "INTERNAL", "An internal error has occurred."),
        ("unavailable", 503, "UNAVAILABLE", "The model is overloaded."),
        ("deadline_exceeded", 504, "DEADLINE_EXCEEDED", "The request timed out."),
        ("deadline_expired", 504, "DEADLINE_EXCEEDED", "Deadline expired before operation could complete."),
    ]

    def test_each_name(self):
        for name, code, status, words in self.rows:
            with self.subTest(name):
                self.fault(error=name)
                kind = errors.ServerError if code >= 500 else errors.ClientError
                with self.counted(1), self.assertRaises(kind) as caught:
                    self.ask()
                self.assertEqual((caught.exception.code, caught.exception.status), (code, status))
                self.assertIn(words, caught.exception.message)

    def test_pages_for_wrong_paths(self):
        """The answer is not JSON, and the package has no message of its own for it."""
        self.fault(error="page_not_found")
        with self.assertRaises(errors.ClientError) as caught:
            self.ask()
        self.assertEqual(caught.exception.code, 404)
        self.assertIn("<html", str(caught.exception.details))
