"""The gateway under test: a channel for each upstream of the mock, its provider's features, and the charges."""

import functools
import json
import pathlib
import re
import time
import unittest
import urllib.request
from dataclasses import dataclass

import openai

from suite import Target, control

ROOT = pathlib.Path(__file__).resolve().parents[2]


class Matrix:
    """The table of features and providers in `Sources/Providers/README.md`, which a Swift test checks."""

    def __init__(self, path=ROOT / "Sources/Providers/README.md"):
        lines = [line for line in path.read_text().splitlines() if line.startswith("|")]
        rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
        self.providers = rows[0][1:]
        self.features = {row[0]: row[1:] for row in rows[2:]}

    def column(self, provider):
        if provider not in self.providers:
            raise SystemExit(f"{provider}: no such column in Sources/Providers/README.md")
        index = self.providers.index(provider)
        return {feature: outcomes[index] for feature, outcomes in self.features.items()}


@dataclass
class Upstream:
    """A row of `Fixtures/upstreams.json`, with its column of the matrix and its channels."""

    row: dict
    outcomes: dict
    channel: int = 0
    wrong_key_channel: int = 0
    match: dict = None  # selects this upstream's chats, and no other requests, for faults and scripts

    @classmethod
    def all(cls):
        matrix = Matrix()
        rows = json.loads((ROOT / "Fixtures/upstreams.json").read_text())
        return [cls(row, matrix.column(row["name"])) for row in rows]

    @property
    def name(self):
        return self.row["name"]

    @property
    def model(self):
        return self.row["model"]

    def outcome(self, feature):
        return self.outcomes[feature]  # a feature that the matrix does not have is a mistake in the suite

    @property
    def models(self):
        kinds = ("reasoning", "search", "embedding", "image", "moderation")
        names = [self.model, *self.more_models, *(self.row.get(kind + "_model") for kind in kinds)]
        return [name for name in names if name]

    @property
    def reasoning_model(self):
        return self.row.get("reasoning_model", self.model)

    @property
    def search_model(self):
        return self.row.get("search_model", self.model)

    @property
    def more_models(self):
        return self.row.get("more_models", [])


class Gateway:
    """The management API, as an administrator uses it."""

    def __init__(self, access):
        self.origin = Target.base_url.removesuffix("/v1")
        self.access = access
        self.opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def call(self, path, body=None):
        data = None if body is None else json.dumps(body).encode()
        headers = {"Authorization": self.access, "Content-Type": "application/json"}
        request = urllib.request.Request(self.origin + "/api" + path, data=data, headers=headers)
        with self.opener.open(request, timeout=10) as response:
            answer = json.load(response)
        if not answer["success"]:
            raise RuntimeError(f"{path}: {answer['message']}")
        return answer.get("data")

    def connect(self, upstream):
        """Creates the upstream's channels, and finds out by a first chat which model the mock expects."""
        upstream.channel = self.add_channel(upstream, upstream.row["key"])
        upstream.wrong_key_channel = self.add_channel(upstream, upstream.row["key"] + "-mock-bad")
        control("POST", "/reset")
        with client_of(upstream.channel) as client:
            client.chat.completions.create(model=upstream.model, messages=[{"role": "user", "content": "Hello."}])
        seen = control("GET", "/journal?limit=1")["requests"][0]
        upstream.match = {"model": seen["model"]} if seen.get("model") else {"path": seen["path"]}

    def add_channel(self, upstream, key):
        self.call("/channel/", {
            "type": upstream.row["type"], "name": upstream.name, "key": key, "group": "default",
            "base_url": Target.mock + upstream.row["prefix"], "models": ",".join(upstream.models),
            "config": json.dumps(upstream.row.get("config", {})),
        })
        return max(channel["id"] for channel in self.call("/channel/"))

    def charges(self, channel):
        """The log's rows of the channel, newest first."""
        return self.call(f"/log/?type=2&channel={channel}")

    def used_quota(self):
        return self.call("/user/self")["used_quota"]


def client_of(channel, kind=openai.OpenAI, **options):
    """A client whose requests go to one channel, which administrators may choose."""
    options = {"max_retries": 0, "timeout": 10, **options}
    return kind(base_url=Target.base_url, api_key=f"{Target.key}-{channel}", **options)


class Retrying:
    """A client that counts requests and tries a second time at once, whatever the answer says."""

    def __init__(self, channel):
        self.tries = 0
        http = openai.DefaultHttpxClient(event_hooks={"response": [self.answered]})
        self.client = client_of(channel, max_retries=1, http_client=http)

    def answered(self, response):
        self.tries += 1
        response.headers["retry-after-ms"] = "1"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.client.close()


def needs(feature):
    """Marks a case that runs only if the matrix says that the feature passes."""

    def decorate(test):
        @functools.wraps(test)
        def run(self):
            outcome = self.upstream.outcome(feature)
            if outcome != "yes":
                self.skipTest(f"{feature}: {outcome}")
            test(self)

        return run

    return decorate


@dataclass
class Books:
    """The counts of mock and gateway before an answer."""

    served: dict
    newest_row: int
    used_quota: int


class GatewayCase(unittest.TestCase):
    """A case that run.py runs once for each upstream."""

    upstream = None  # set by run.py
    gateway = None

    def setUp(self):
        control("POST", "/reset")
        self.client = client_of(self.upstream.channel)

    def tearDown(self):
        self.client.close()

    def ask(self, text="Say hello to Oslo.", client=None, **options):
        options.setdefault("model", self.upstream.model)
        options.setdefault("messages", [{"role": "user", "content": text}])
        return (client or self.client).chat.completions.create(**options)

    # The mock

    def fault(self, count=1, **fields):
        control("POST", "/faults", {"match": self.upstream.match, "count": count, **fields})

    def script(self, **fields):
        control("POST", "/script", {"match": self.upstream.match, **fields})

    def arrived(self):
        """The chat requests that reached the upstream, oldest first."""
        field, value = next(iter(self.upstream.match.items()))
        return control("GET", f"/journal?{field}={value}")["requests"]

    def assertArrived(self, text, message=None):
        # Some services get JSON with a backslash before each slash.
        self.assertIn(text, self.arrived()[-1]["body"].replace("\\/", "/"), message)

    # The books

    def books(self):
        rows = self.gateway.charges(self.upstream.channel)
        total = control("GET", "/ledger")["total"]
        return Books(total, rows[0]["id"] if rows else 0, self.gateway.used_quota())

    def assertCharged(self, before, usage, text_only=True):
        """One more answer: its usage equals what the mock served, what the log has, and what the user paid for."""
        served, is_told = self.served_since(before)
        row = self.assertPaid(before)
        charged = (row["prompt_tokens"], row["completion_tokens"])
        if is_told:
            self.assertEqual(charged, served, "the log against the ledger")
        else:
            # Embeddings have no completion.
            self.assertTrue(all(charged if text_only else charged[:1]), "the gateway counts what the provider does not tell")
        self.assertEqual("counted by the gateway" in row["content"], not is_told)
        if usage is not None:
            self.assertEqual((usage.prompt_tokens, getattr(usage, "completion_tokens", 0)), charged, "the usage")
            self.assertEqual(usage.total_tokens, sum(charged))
        if text_only:
            self.assertPriced(row)

    def assertPaid(self, before):
        """One more answer has cost something, and the user has paid exactly that."""
        rows = [row for row in self.gateway.charges(self.upstream.channel) if row["id"] > before.newest_row]
        self.assertEqual(len(rows), 1, "rows in the gateway's log")
        self.assertGreater(rows[0]["quota"], 0)
        self.assertEqual(self.gateway.used_quota() - before.used_quota, rows[0]["quota"], "what the user paid")
        return rows[0]

    def served_since(self, before):
        """Prompt and completion tokens, and whether the provider reports them.

        The mock counts an answer once its last byte is sent.
        """
        for _ in range(100):
            ledger = control("GET", "/ledger")
            total = ledger["total"]
            if total["answers"] > before.served["answers"]:
                break
            time.sleep(0.01)
        served = tuple(total[name] - before.served[name] for name in ("prompt_tokens", "completion_tokens"))
        return served, ledger["entries"][-1].get("tells_usage", True)

    def assertPriced(self, row):
        """The quota agrees with the rates in the row, which are rounded to two digits."""
        model, group, completion = (float(rate) for rate in re.findall(r"\d+\.\d+", row["content"])[:3])
        half = 0.005

        def price(slack):
            tokens = row["prompt_tokens"] + row["completion_tokens"] * (completion + slack)
            return tokens * (model + slack) * (group + slack)

        self.assertGreaterEqual(row["quota"], price(-half))
        self.assertLessEqual(row["quota"], price(half) + 1)

    # Errors

    def assertExplained(self, error, request_id=None):
        """The message is not empty, is no web page, and has the gateway's request id."""
        request_id = request_id or error.request_id
        self.assertTrue(request_id, "the answer has no request id")
        self.assertIn(request_id, error.message)
        self.assertRegex(error.message, r"\w{3,}.* \(request id")
        self.assertNotIn("<", error.message)
        self.assertIsInstance(error.body, dict)


def read(stream):
    """A stream's text, its finish reason and its usage."""
    text, finish, usage = "", None, None
    for chunk in stream:
        usage = chunk.usage or usage
        for choice in chunk.choices:
            text += choice.delta.content or ""
            finish = choice.finish_reason or finish
    return text, finish, usage
