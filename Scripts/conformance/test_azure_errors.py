"""Azure's credentials, error catalogue and faults: class, code, and the number of tries."""

import openai

from suite import Target, needs_mock
from test_azure_chat import KEY, Azure, token

HALF_SECOND = {"max_retries": 0, "timeout": 0.5}


@needs_mock
class AzureDoors(Azure):
    def refused(self, **options):
        with self.make(**options) as client:
            return self.raises(openai.AuthenticationError, client=client)

    def test_keys(self):
        for key in ("f" * 32, "Aa1" * 28):
            with self.make(api_key=key) as client:
                self.ask(client)
        for key in ("sk-mock-bad", "short"):
            error = self.refused(api_key=key)
            self.assertEqual((error.code, error.type, error.param), ("401", None, None))

    def test_tokens(self):
        with self.make(azure_ad_token=token()) as client:
            self.ask(client)
        calls = []

        def provider():
            calls.append(1)
            return token()

        with self.make(azure_ad_token_provider=provider, max_retries=1) as client:
            self.fault(error=503, headers={"retry-after-ms": "20"})
            with self.counted(2):
                self.ask(client)
        self.assertEqual(len(calls), 2, "asked again for every try")

    def test_bad_tokens(self):
        for bad in (token(lifetime=-5), token(audience="https://graph.microsoft.com"), "no-token"):
            error = self.refused(azure_ad_token=bad)
            self.assertIsNone(error.code)
            self.assertEqual(error.body["statusCode"], 401)
        self.assertEqual(self.refused(azure_ad_token=token(signature="mock-no-role")).code, "PermissionDenied")

    def test_v1(self):
        def client(key):
            return openai.OpenAI(base_url=Target.mock + "/azure/openai/v1/", api_key=key, max_retries=0)

        for key in (KEY, token("https://ai.azure.com")):
            with client(key) as good:
                self.ask(good)
        for key in ("short", token(lifetime=-5)):
            with client(key) as bad:
                self.raises(openai.AuthenticationError, client=bad)

    def test_key_as_bearer_is_refused_on_the_dated_api(self):
        base = Target.mock + "/azure/openai/deployments/gpt-4o"
        with openai.OpenAI(base_url=base, api_key=KEY, default_query={"api-version": "2024-10-21"}) as client:
            self.raises(openai.AuthenticationError, client=client)


@needs_mock
class AzureErrors(Azure):
    def test_own_causes(self):
        cases = [
            ({"model": "gpt-41"}, openai.NotFoundError, "DeploymentNotFound"),
            ({"model": "text-embedding-ada-002"}, openai.BadRequestError, "OperationNotSupported"),
            ({"text": "mock-blocked"}, openai.BadRequestError, "content_filter"),
            ({"temperature": 3}, openai.BadRequestError, "decimal_above_max_value"),
            ({"extra_body": {"foo": 1}}, openai.BadRequestError, None),
        ]
        for options, kind, code in cases:
            with self.subTest(code):
                self.assertEqual(self.raises(kind, **options).code, code)

    def test_blocked_prompt(self):
        error = self.raises(openai.BadRequestError, text="mock-jailbreak")
        self.assertEqual((error.param, error.type), ("prompt", None))
        self.assertTrue(error.body["innererror"]["content_filter_result"]["jailbreak"]["detected"])

    def test_versions(self):
        with self.make(api_version="2024-12-01") as client:
            self.assertEqual(self.raises(openai.NotFoundError, client=client).code, "404")
        with self.make(api_version="2024-06-01") as client:
            self.raises(openai.BadRequestError, client=client, stream=True, stream_options={"include_usage": True})
            self.assertEqual(self.raises(openai.BadRequestError, client=client, model="o3-mini").code, "BadRequest")

    def test_each_name(self):
        cases = [
            ("400", openai.BadRequestError, 1, "BadRequest"), ("401", openai.AuthenticationError, 1, "401"),
            ("403", openai.PermissionDeniedError, 1, "403"), ("404", openai.NotFoundError, 1, "DeploymentNotFound"),
            ("resource_not_found", openai.NotFoundError, 1, "404"), ("409", openai.ConflictError, 2, None),
            ("408", openai.APIStatusError, 2, "Timeout"), ("422", openai.UnprocessableEntityError, 1, None),
            ("424", openai.APIStatusError, 1, "FailedDependency"), ("429", openai.RateLimitError, 2, "429"),
            ("too_many_requests", openai.RateLimitError, 2, "too_many_requests"),
            ("never", openai.RateLimitError, 1, "429"), ("provisioned", openai.RateLimitError, 2, "429"),
            ("insufficient_quota", openai.RateLimitError, 2, "insufficient_quota"),
            ("500", openai.InternalServerError, 2, "InternalServerError"),
            ("503", openai.InternalServerError, 2, "ServiceUnavailable"),
            ("context_length_exceeded", openai.BadRequestError, 1, "context_length_exceeded"),
        ]
        with self.make(max_retries=1) as client:
            for name, kind, tries, code in cases:
                with self.subTest(name):
                    self.assertEqual(self.raises(kind, tries, client, model="mock-error-" + name).code, code)

    def test_waits(self):
        self.fault(count=2, error=429)
        with self.counted(3):
            self.ask()
        self.assertEqual(self.raises(openai.RateLimitError, 1, model="mock-error-never").code, "429")

    def test_pages(self):
        with self.make(max_retries=0) as client:
            for name in ("application_gateway", "front_door"):
                error = self.raises(openai.InternalServerError, client=client, model="mock-error-" + name)
                self.assertIn("<h", error.body)


@needs_mock
class AzureFaults(Azure):
    def make(self, **options):
        options.setdefault("max_retries", 0)
        return super().make(**options)

    def drain(self, client=None, **options):
        return [chunk for chunk in self.ask(client, stream=True, **options)]

    def test_cloudflare_pages(self):
        for name in ("403", "403-challenge", "502", "520", "521", "522", "523", "524"):
            with self.subTest(name), self.assertRaises(openai.APIStatusError) as caught:
                self.ask(model="mock-html-" + name)
            self.assertIn("<", caught.exception.body)

    def test_broken_streams(self):
        for fault in ({"cut_events": 3}, {"reset_events": 2}, {"bad_utf8": True}, {"bad_json": True}):
            with self.subTest(fault):
                self.fault(**fault)
                with self.assertRaises(Exception):
                    self.drain()

    def test_error_in_mid_stream(self):
        with self.assertRaises(openai.APIError) as caught:
            self.drain(model="mock-stream-error-3")
        self.assertEqual(caught.exception.type, "server_error")

    def test_stall(self):
        with self.make(**HALF_SECOND) as client, self.assertRaises(Exception) as caught:
            self.drain(client, model="mock-stall-3")
        self.assertIn("imeout", type(caught.exception).__name__)
        with self.make(**HALF_SECOND) as client, self.assertRaises(openai.APITimeoutError):
            self.ask(client, model="mock-stall")

    def test_empty_200(self):
        with self.assertRaises(Exception):
            print(self.ask(model="mock-empty").choices[0].message.content)

    def test_framings(self):
        for name in ("crlf", "comments", "nospace", "no-done"):
            with self.subTest(name):
                chunks = self.drain(model="mock-" + name)
                text = "".join(choice.delta.content or "" for chunk in chunks for choice in chunk.choices)
                self.assertIn("Oslo", text)
