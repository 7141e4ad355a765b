"""The error catalogue and the faults: class, code, and the number of tries."""

import openai

from suite import Case, Target, control, needs_mock


class Errors(Case):
    def raises(self, kind, tries=1, client=None, **options):
        with self.counted(tries), self.assertRaises(kind) as caught:
            self.ask(client, **options)
        return caught.exception

    def test_bad_requests(self):
        cases = [
            ({"temperature": 3}, "temperature", "decimal_above_max_value"),
            ({"messages": []}, "messages", "empty_array"),
            ({"messages": "hi"}, "messages", "invalid_type"),
            ({"extra_body": {"foo": 1}}, "foo", "unknown_parameter"),
            ({"n": 0}, "n", "integer_below_min_value"),
        ]
        for options, param, code in cases:
            with self.subTest(param):
                error = self.raises(openai.BadRequestError, **options)
                self.assertTrue(error.message)
                if not Target.is_gateway:
                    self.assertEqual((error.param, error.code, error.type), (param, code, "invalid_request_error"))

    @needs_mock
    def test_keys(self):
        with self.make(api_key="sk-mock-bad-0123456789") as client:
            error = self.raises(openai.AuthenticationError, client=client)
            self.assertEqual(error.code, "invalid_api_key")
            self.assertTrue(error.request_id.startswith("req_"))

    @needs_mock
    def test_unknown_model(self):
        self.assertEqual(self.raises(openai.NotFoundError, model="no-such-model").code, "model_not_found")

    @needs_mock
    def test_each_class_by_model_name(self):
        cases = [
            ("400", openai.BadRequestError, 1), ("401", openai.AuthenticationError, 1),
            ("403", openai.PermissionDeniedError, 1), ("404", openai.NotFoundError, 1),
            ("409", openai.ConflictError, 2), ("422", openai.UnprocessableEntityError, 1),
            ("429", openai.RateLimitError, 2), ("insufficient_quota", openai.RateLimitError, 2),
            ("500", openai.InternalServerError, 2), ("503", openai.InternalServerError, 2),
            ("408", openai.APIStatusError, 2), ("context_length_exceeded", openai.BadRequestError, 1),
        ]
        with self.make(max_retries=1) as client:
            for name, kind, tries in cases:
                with self.subTest(name):
                    self.raises(kind, tries, client, model="mock-error-" + name)

    @needs_mock
    def test_retry_after_twice_gives_three_requests(self):
        self.fault(count=2, error=429, headers={"retry-after-ms": "50"})
        with self.counted(3):
            self.ask()

    @needs_mock
    def test_retry_after_above_the_limit_is_not_retried(self):
        self.fault(error=429, headers={"retry-after-ms": "200000", "retry-after": "200"})
        self.raises(openai.RateLimitError, 1)


class Faults(Case):
    def setUp(self):
        super().setUp()
        self.client.close()
        self.client = self.make(max_retries=0)

    def test_cloudflare_pages(self):
        for name, kind in [
            ("403", openai.PermissionDeniedError), ("403-challenge", openai.PermissionDeniedError),
            ("502", openai.InternalServerError), ("520", openai.InternalServerError),
            ("521", openai.InternalServerError), ("522", openai.InternalServerError),
            ("523", openai.InternalServerError), ("524", openai.InternalServerError),
        ]:
            with self.subTest(name):
                self.fault(count=9 if Target.is_gateway else 1, html=name)
                with self.assertRaises(openai.APIStatusError if Target.is_gateway else kind) as caught:
                    self.ask()
                if Target.is_gateway:
                    self.assertIsInstance(caught.exception.body, dict, "a gateway never passes HTML on")
                else:
                    self.assertIn("<", str(caught.exception.body))
                control("POST", "/reset")

    def test_stream_cut(self):
        self.fault(cut_events=3)
        with self.assertRaises(Exception):
            for _ in self.ask(stream=True):
                pass

    def test_error_in_mid_stream(self):
        self.fault(stream_error=3)
        with self.assertRaises(openai.APIError):
            for _ in self.ask(stream=True):
                pass

    @needs_mock
    def test_stall(self):
        self.fault(stall_events=2)
        with self.make(max_retries=0, timeout=0.5) as client, self.assertRaises(Exception) as caught:
            for _ in self.ask(client, stream=True):
                pass
        self.assertIn("imeout", type(caught.exception).__name__)

    @needs_mock
    def test_silence(self):
        with self.make(max_retries=0, timeout=0.5) as client, self.assertRaises(openai.APITimeoutError):
            self.ask(client, model="mock-stall")

    @needs_mock
    def test_reset(self):
        with self.counted(1), self.assertRaises(openai.APIConnectionError):
            self.ask(model="mock-reset")

    @needs_mock
    def test_invalid_utf8(self):
        self.fault(bad_utf8=True)
        with self.assertRaises(Exception):
            for _ in self.ask(stream=True):
                pass

    @needs_mock
    def test_empty_200(self):
        self.fault(empty=True)
        with self.assertRaises(Exception):
            print(self.ask().choices[0].message.content)

    def test_framings(self):
        for framing in ["crlf", "comments", "nospace"]:
            with self.subTest(framing):
                self.fault(framing=framing)
                text = "".join(chunk.choices[0].delta.content or "" for chunk in self.ask(stream=True))
                self.assertIn("Oslo", text)

    def test_no_done(self):
        self.fault(no_done=True)
        self.assertTrue([chunk for chunk in self.ask(stream=True)])
