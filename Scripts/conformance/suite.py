"""What all cases share: where to send requests, with which key, and the mock's controls."""

import json
import unittest
import urllib.request
from contextlib import contextmanager

import openai


class Target:
    """Set by run.py from the command line."""

    base_url = ""
    mock = None  # the mock's address, without a path
    control = None  # the mock's /_mock, or None when only a gateway is known
    key = "sk-conformance"
    model = "gpt-4o-mini"
    reasoning_model = "gpt-5-mini"
    is_gateway = False


def control(method, route, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(Target.control + route, data=data, method=method)
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with opener.open(request, timeout=10) as answer:
        return json.load(answer)


def needs_mock(test):
    """For features that a gateway does not offer, or that only the mock's journal can show."""
    return unittest.skipIf(Target.is_gateway, "only against the mock")(test)


class Case(unittest.TestCase):
    def setUp(self):
        if Target.control:
            control("POST", "/reset")
        self.client = self.make()

    def tearDown(self):
        self.client.close()

    def make(self, **options):
        options.setdefault("api_key", Target.key)
        return openai.OpenAI(base_url=Target.base_url, **options)

    def ask(self, client=None, text="Say hello to Oslo.", **options):
        options.setdefault("model", Target.model)
        options.setdefault("messages", [{"role": "user", "content": text}])
        return (client or self.client).chat.completions.create(**options)

    def tries(self):
        return control("GET", "/journal")["count"]

    @contextmanager
    def counted(self, expected):
        """The block must send exactly this many requests, according to the mock's journal."""
        before = self.tries() if Target.control and not Target.is_gateway else None
        yield
        if before is not None:
            self.assertEqual(self.tries() - before, expected, "requests in the journal")

    def fault(self, count=1, **fields):
        if not Target.control:
            self.skipTest("faults need the mock's control address (--mock)")
        control("POST", "/faults", {"count": count, **fields})
