"""Makes a channel for every provider of the mock, relays one chat through each, and prints what came of it.

usage: tour.py GATEWAY MOCK TOKEN ACCESS
"""
import json
import sys
import time
import urllib.request

gateway, mock, token, access = sys.argv[1:5]
# Channel type, name, key, the mock's prefix, model, whether streamed.
PROVIDERS = [
    (1, "OpenAI", "sk-mock-quickstart", "/openai", "gpt-4o", False),
    (1, "OpenAI", "", "", "gpt-4o-mini", True),
    (14, "Anthropic", "sk-ant-api03-quickstart", "/anthropic", "claude-sonnet-4-5", False),
    (14, "Anthropic", "", "", "claude-3-5-haiku-latest", True),
    (15, "Baidu", "ak-quickstart|sk-quickstart", "/baidu", "ERNIE-4.0-8K", False),
    (47, "Baidu V2", "bce-v3/ALTAK-quickstart/secret", "/baidu", "ernie-4.0-8k", True),
]
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def send(path, key, body=None):
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(gateway + path, data=data, headers={"Authorization": key, "Content-Type": "application/json"})
    with opener.open(request, timeout=60) as answer:
        return answer.read().decode()


def text_of(answer, streamed):
    if not streamed:
        return json.loads(answer)["choices"][0]["message"]["content"]
    chunks = [json.loads(line[6:]) for line in answer.splitlines() if line.startswith("data: {")]
    return "".join(c["choices"][0]["delta"].get("content") or "" for c in chunks if c["choices"])


models = {}
for kind, name, key, prefix, model, _ in PROVIDERS:
    models.setdefault((kind, name), []).append(model)
for kind, name, key, prefix, _, _ in PROVIDERS:
    if key:
        made = json.loads(send("/api/channel/", access, {"type": kind, "name": name, "key": key, "base_url": mock + prefix,
                                                         "models": ",".join(models[kind, name]), "group": "default"}))
        if not made["success"]:
            sys.exit(f"{name}: {made['message']}")
for _, name, _, _, model, streamed in PROVIDERS:
    body = {"model": model, "stream": streamed, "messages": [{"role": "user", "content": "Say hello to a new user."}]}
    text = text_of(send("/v1/chat/completions", "Bearer sk-" + token, body), streamed)
    print(f"{name + (' (stream)' if streamed else ''):<20}{text}", flush=True)

# Rows follow their answers within a moment.
for _ in range(50):
    rows = [row for row in json.loads(send("/api/log/", access))["data"] if row["type"] == 2]
    if len(rows) == len(PROVIDERS):
        break
    time.sleep(0.1)
names = {model: name for _, name, _, _, model, _ in PROVIDERS}
print(f"\n{'provider':<12}{'model':<26}{'stream':<8}{'tokens':<12}{'quota':<8}ms")
for row in sorted(rows, key=lambda row: row["id"]):
    tokens = f"{row['prompt_tokens']} + {row['completion_tokens']}"
    print(f"{names[row['model_name']]:<12}{row['model_name']:<26}{str(row['is_stream']):<8}{tokens:<12}{row['quota']:<8}{row['elapsed_time']}")
user = json.loads(send("/api/user/self", access))["data"]
print(f"root has used {user['used_quota']} quota in {user['request_count']} requests")
sys.exit(0 if len(rows) == len(PROVIDERS) else "a chat was not charged")
