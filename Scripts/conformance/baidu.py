"""Shared by the cases of Baidu's package: its configuration, which is global, and its clients."""

import asyncio

import qianfan

from suite import Case, Target, control

BEARER = "bce-v3/ALTAK-conformance/secret"
TOKEN = "24.mock-conformance"
WEATHER = {
    "name": "get_weather",
    "description": "The weather of a city",
    "parameters": {
        "type": "object",
        "properties": {"city": {"type": "string"}, "unit": {"enum": ["celsius", "fahrenheit"]}},
        "required": ["city", "unit"],
    },
}
CLOCK = {"name": "get_time", "description": "The time", "parameters": {"type": "object", "properties": {}}}


async def refill():
    """Waits until the package's limiter has filled. The first answer's limits make the package create one that
    starts empty. It fails if it has to wait, since its future belongs to another loop."""
    await asyncio.sleep(0.05)


class Qianfan(Case):
    """Only the credentials that a test gives. A key pair in the configuration would win over a token."""

    def setUp(self):
        qianfan.disable_log()
        config = qianfan.get_config()
        config.BASE_URL = config.CONSOLE_API_BASE_URL = config.IAM_BASE_URL = Target.mock + "/baidu"
        config.AK = config.SK = config.ACCESS_KEY = config.SECRET_KEY = None
        config.ACCESS_TOKEN = config.BEARER_TOKEN = None
        config.DISABLE_CACHE = True
        config.LLM_API_RETRY_BACKOFF_FACTOR = config.LLM_API_RETRY_JITTER = 0.01
        config.ACCESS_TOKEN_REFRESH_MIN_INTERVAL = 0
        self.config = config
        super().setUp()

    def tearDown(self):
        pass

    def make(self, **options):
        return qianfan.ChatCompletion(access_token=TOKEN, **options)

    def body(self, text="Say hello to Oslo.", **options):
        return {"messages": [{"role": "user", "content": text}], **options}

    def raises(self, kind, tries=1, client=None, **options):
        with self.counted(tries), self.assertRaises(kind) as caught:
            answer = self.ask(client, **options)
            if options.get("stream"):
                list(answer)
        return caught.exception

    def assertBilled(self, usage):
        total = control("GET", "/ledger")["total"]
        self.assertEqual(total["prompt_tokens"], usage["prompt_tokens"])
        self.assertEqual(total["completion_tokens"], usage.get("completion_tokens", 0))
        self.assertEqual(usage["total_tokens"], total["prompt_tokens"] + total["completion_tokens"])


class Workshop(Qianfan):
    def ask(self, client=None, text="Say hello to Oslo.", **options):
        if "endpoint" not in options:
            options.setdefault("model", "ERNIE-4.0-8K")
        return (client or self.client).do(**self.body(text, **options))
