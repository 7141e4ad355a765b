"""Makes a channel for every upstream of Fixtures/upstreams.json, relays one chat through each, and prints the
results.

usage: tour.py GATEWAY MOCK TOKEN ACCESS
"""
import json
import pathlib
import sys
import time
import urllib.request

gateway, mock, token, access = sys.argv[1:5]
UPSTREAMS = json.loads((pathlib.Path(__file__).parents[2] / "Fixtures/upstreams.json").read_text())
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


names, texts = {}, {}
for number, upstream in enumerate(UPSTREAMS):
    models = [upstream["model"], *upstream.get("more_models", [])]
    models += [upstream.get(kind + "_model") for kind in ("reasoning", "search", "embedding", "image", "moderation")]
    made = json.loads(send("/api/channel/", access, {
        "type": upstream["type"], "name": upstream["name"], "key": upstream["key"], "base_url": mock + upstream["prefix"],
        "models": ",".join(filter(None, models)), "group": "default",
        "config": json.dumps(upstream.get("config", {}))}))
    if not made["success"]:
        sys.exit(f"{upstream['name']}: {made['message']}")
    # Choose by the channel's number, since two upstreams may have a model with the same name.
    channel = json.loads(send("/api/channel/?p=0", access))["data"][0]["id"]
    # Every second chat is streamed.
    body = {"model": upstream["model"], "stream": number % 2 == 1,
            "messages": [{"role": "user", "content": "Say hello to a new user."}]}
    answer = send("/v1/chat/completions", f"Bearer sk-{token}-{channel}", body)
    names[channel], texts[channel] = upstream["name"], text_of(answer, body["stream"])


def charged():
    """All charging rows of the log, page by page."""
    rows = []
    for page in range(100):
        found = json.loads(send(f"/api/log/?type=2&p={page}", access))["data"]
        if not found:
            return rows
        rows += found
    return rows


# Rows are written a moment after their answers.
for _ in range(50):
    rows = charged()
    if len(rows) == len(UPSTREAMS):
        break
    time.sleep(0.1)
line = "{:<12}{:<26}{:<8}{:<10}{:<8}{:<6}{}"
print(line.format("provider", "model", "stream", "tokens", "quota", "ms", "text"))
for row in sorted(rows, key=lambda row: row["id"]):
    channel = row["channel"]
    print(line.format(names[channel], row["model_name"], "yes" if row["is_stream"] else "no",
                      f"{row['prompt_tokens']} + {row['completion_tokens']}", row["quota"], row["elapsed_time"], texts[channel]))
user = json.loads(send("/api/user/self", access))["data"]
print(f"root has used {user['used_quota']} quota in {user['request_count']} requests")
if len(rows) != len(UPSTREAMS) or not all(texts.values()):
    sys.exit("a chat was not answered or not charged")
