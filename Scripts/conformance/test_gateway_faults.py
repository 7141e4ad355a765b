"""Failing upstreams: the SDK raises, and never accepts a broken answer as a whole one."""

import time

import openai

from gateway import GatewayCase, client_of, needs, read


class Faults(GatewayCase):
    def assertBreaksOff(self):
        """The SDK raises because of an error event in the stream, or because of a status if nothing had come yet.

        What was produced is charged.
        """
        before, request_id = self.books(), None
        with self.assertRaises(openai.APIError) as caught:
            stream = self.ask("mock-tokens-40", stream=True)
            request_id = stream.response.headers["x-request-id"]
            read(stream)
        self.assertExplained(caught.exception, request_id)
        if request_id:
            self.assertPaid(before)

    def assertUnavailable(self, **options):
        with self.assertRaises(openai.InternalServerError) as caught:
            self.ask(**options)
        self.assertExplained(caught.exception)

    @needs("a web page instead of an answer")
    def test_cloudflare_pages(self):
        blocked = (openai.PermissionDeniedError, openai.InternalServerError)
        for name in ["403", "502", "520", "521", "522", "523", "524"]:
            kind = blocked if name == "403" else openai.InternalServerError
            for stream in (False, True):
                with self.subTest(name, stream=stream):
                    self.fault(html=name)
                    with self.assertRaises(kind) as caught:
                        self.ask(stream=stream)
                    self.assertExplained(caught.exception)

    @needs("a stream that breaks off")
    def test_cut_streams(self):
        for fault in ({"cut_events": 8}, {"reset_events": 8}, {"cut_events": 1}, {"cut_bytes": 150}):
            with self.subTest(**fault):
                self.fault(**fault)
                self.assertBreaksOff()

    def test_cut_answer(self):
        self.fault(cut_bytes=40)
        self.assertUnavailable()

    def test_reset(self):
        # If a kept connection ends without a byte, libcurl assumes that it was closed before and tries up to five
        # others.
        self.fault(count=7, reset=True)
        self.assertUnavailable()

    @needs("a failure in mid-stream")
    def test_error_in_mid_stream(self):
        self.fault(stream_error=8)
        self.assertBreaksOff()

    def assertLeavingIsPaid(self, before):
        """A client that only closes its side may still read, so the gateway needs a moment to see that it is gone."""
        for _ in range(200):
            if self.books().newest_row > before.newest_row:
                return self.assertPaid(before)
            time.sleep(0.05)
        self.fail("a client that left was not charged")

    def test_stalled_stream(self):
        before = self.books()
        self.fault(stall_events=1)
        with client_of(self.upstream.channel, timeout=0.3) as client, self.assertRaises(openai.APITimeoutError):
            read(self.ask(client=client, stream=True))
        self.assertLeavingIsPaid(before)

    def test_silence(self):
        before = self.books()
        self.fault(silence=True)
        with client_of(self.upstream.channel, timeout=0.3) as client, self.assertRaises(openai.APITimeoutError):
            self.ask(client=client)
        self.assertLeavingIsPaid(before)

    def test_invalid_utf8(self):
        """An error, never an answer that differs from the provider's."""
        for stream in (False, True):
            with self.subTest(stream=stream):
                self.fault(bad_utf8=True)
                with self.assertRaises(openai.APIError) as caught:
                    answer = self.ask(stream=stream)
                    if stream:
                        read(answer)
                self.assertRegex(caught.exception.message, r"\(request id: \w+\)")

    def test_invalid_json(self):
        self.fault(bad_json=True)
        self.assertUnavailable()

    def test_empty_answer(self):
        for stream in (False, True):
            with self.subTest(stream=stream):
                self.fault(empty=True)
                self.assertUnavailable(stream=stream)
