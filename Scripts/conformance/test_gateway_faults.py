"""Upstreams that break down: the SDK raises, and never takes a broken answer for a whole one."""

import httpx
import openai

from gateway import GatewayCase, client_of, needs, read


class Faults(GatewayCase):
    def assertBreaksOff(self, kinds=openai.APIError):
        """The stream ends in an error event of the gateway's, with its request id."""
        stream = self.ask(stream=True)
        with self.assertRaises(kinds) as caught:
            read(stream)
        self.assertExplained(caught.exception, stream.response.headers["x-request-id"])

    @needs("a web page instead of an answer")
    def test_cloudflare_pages(self):
        for name in ("403", "502", "520"):
            for stream in (False, True):
                with self.subTest(name, stream=stream):
                    self.fault(html=name)
                    with self.assertRaises(openai.APIStatusError) as caught:
                        self.ask(stream=stream)
                    self.assertExplained(caught.exception)
                    self.assertIn(caught.exception.status_code, (403, 500, 502, 503, 504))

    @needs("a stream that breaks off")
    def test_cut_streams(self):
        for fault in ({"cut_events": 2}, {"reset_events": 2}, {"cut_bytes": 150}):
            with self.subTest(**fault):
                self.fault(**fault)
                self.assertBreaksOff()

    def test_cut_answer(self):
        self.fault(cut_bytes=40)
        with self.assertRaises(openai.InternalServerError) as caught:
            self.ask()
        self.assertExplained(caught.exception)

    def test_reset(self):
        self.fault(reset=True)
        with self.assertRaises(openai.InternalServerError) as caught:
            self.ask()
        self.assertExplained(caught.exception)

    @needs("a failure in mid-stream")
    def test_error_in_mid_stream(self):
        self.fault(stream_error=2)
        self.assertBreaksOff()

    def test_stalled_stream(self):
        self.fault(stall_events=1)
        with client_of(self.upstream.channel, timeout=0.3) as client:
            with self.assertRaises((openai.APITimeoutError, httpx.ReadTimeout)):
                read(self.ask(client=client, stream=True))

    def test_silence(self):
        self.fault(silence=True)
        with client_of(self.upstream.channel, timeout=0.3) as client, self.assertRaises(openai.APITimeoutError):
            self.ask(client=client)

    def test_invalid_utf8(self):
        """An error, or whole text with a mark where the bad bytes were; never a client that cannot read it."""
        for stream in (False, True):
            with self.subTest(stream=stream):
                self.fault(bad_utf8=True)
                try:
                    answer = self.ask(stream=stream)
                    text = read(answer)[0] if stream else answer.choices[0].message.content
                except openai.APIError as error:
                    self.assertRegex(error.message, r"\(request id: \w+\)")
                else:
                    self.assertIn("\ufffd", text)

    def test_invalid_json(self):
        self.fault(bad_json=True)
        with self.assertRaises(openai.InternalServerError) as caught:
            self.ask()
        self.assertExplained(caught.exception)
        self.fault(bad_json=True)
        self.assertBreaksOff()

    def test_empty_answer(self):
        for stream in (False, True):
            with self.subTest(stream=stream):
                self.fault(empty=True)
                with self.assertRaises(openai.InternalServerError) as caught:
                    self.ask(stream=stream)
                self.assertExplained(caught.exception)
