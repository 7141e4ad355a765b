"""Errors through the gateway: the class that OpenAI's error would have, the message, the number of tries."""

import openai

from gateway import GatewayCase, Retrying, client_of
from suite import Target, control


class Errors(GatewayCase):
    def raises(self, kind, client=None, **options):
        with self.assertRaises(kind) as caught:
            self.ask(client=client, **options)
        self.assertExplained(caught.exception)
        return caught.exception

    def test_upstream_errors(self):
        """If a service has no such status, the nearest one is accepted."""
        cases = [
            (400, [openai.BadRequestError], 1),
            (401, [openai.AuthenticationError], 1),
            (403, [openai.PermissionDeniedError, openai.AuthenticationError], 1),
            (404, [openai.NotFoundError, openai.BadRequestError], 1),
            (413, [openai.APIStatusError], 1),
            (429, [openai.RateLimitError], 2),
            (500, [openai.InternalServerError], 2),
            (503, [openai.InternalServerError, openai.RateLimitError], 2),
        ]
        for status, kinds, tries in cases:
            # Baidu's platform has only one 403, for an overdue account, which the gateway tells clients not to repeat.
            if (self.upstream.name, status) == ("Baidu V2", 403):
                kinds, tries = [openai.RateLimitError], 1
            with self.subTest(status), Retrying(self.upstream.channel) as retrying:
                control("POST", "/reset")
                self.fault(count=9, error=str(status))
                error = self.raises(tuple(kinds), retrying.client)
                self.assertEqual(retrying.tries, tries)
                if status != 401:  # the gateway may then have fetched another access token
                    self.assertEqual(len(self.arrived()), tries, "requests that reached the upstream")
                if status == 413:
                    self.assertIn(error.status_code, (400, 413))

    def test_retry_succeeds(self):
        self.fault(error="500")
        with Retrying(self.upstream.channel) as retrying:
            self.assertIn("Oslo", self.ask(client=retrying.client).choices[0].message.content)
            self.assertEqual(retrying.tries, 2)

    def test_error_of_a_stream(self):
        self.fault(error="429")
        self.raises(openai.RateLimitError, stream=True)

    def test_wrong_upstream_key(self):
        with client_of(self.upstream.wrong_key_channel) as client:
            error = self.raises(openai.AuthenticationError, client)
        self.assertNotIn(self.upstream.row["key"], str(error.body))

    def test_wrong_gateway_key(self):
        with client_of("") as client, client.with_options(api_key="sk-nobody") as stranger:
            self.assertEqual(self.raises(openai.AuthenticationError, stranger).code, "invalid_api_key")

    def test_unknown_model(self):
        with Retrying("") as retrying:
            client = retrying.client.with_options(api_key=Target.key)
            error = self.raises(openai.NotFoundError, client, model="no-such-model")
            self.assertEqual((error.code, error.param, retrying.tries), ("model_not_found", "model", 1))

    def test_too_large(self):
        with Retrying(self.upstream.channel) as retrying:
            error = self.raises(openai.APIStatusError, retrying.client, text="word " * 500_000)
            self.assertEqual((error.status_code, retrying.tries), (413, 1))
        self.assertEqual(self.arrived(), [])

    def test_bad_requests_of_the_client(self):
        for options, field in [({"messages": []}, "messages"), ({"messages": "hi"}, "messages"), ({"n": 0}, "n")]:
            with self.subTest(field):
                self.assertEqual(self.raises(openai.BadRequestError, **options).param, field)
