"""Drives Scripts/crash: load, SIGKILL, restart. Then compares balances, log, the mock's ledger and clients' answers."""
import asyncio
import atexit
import json
import os
import random
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.request

binary, mock, work, rounds = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
CONNECTIONS = 64
START_QUOTA = 10**12
random.seed(20261124)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


port = free_port()
environment = dict(os.environ, PORT=str(port), INITIAL_ROOT_TOKEN="crashtoken", INITIAL_ROOT_ACCESS_TOKEN="crashaccess",
                   GLOBAL_API_RATE_LIMIT="0", SQLITE_PATH=work + "/crash.db")
key = None
# The table as one-api creates it: the id of a deleted newest token would be used again.
with sqlite3.connect(work + "/crash.db") as made:
    made.execute('CREATE TABLE "tokens" (`id` integer,`user_id` integer,`key` char(48),PRIMARY KEY (`id`))')
made.close()


def start():
    process = subprocess.Popen([binary, "--log-dir", ""], env=environment, cwd=work,
                               stdout=open(work + "/gateway.log", "ab"), stderr=subprocess.STDOUT)
    # The gateway ends with this script, however it ends.
    atexit.register(process.kill)
    for _ in range(200):
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
            return process
        except OSError:
            time.sleep(0.05)
    sys.exit("the gateway did not start; see its log:\n" + open(work + "/gateway.log").read()[-2000:])


def manage(method, path, body=None):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method,
                                     data=json.dumps(body).encode() if body is not None else None,
                                     headers={"Authorization": "crashaccess"})
    answer = json.load(urllib.request.urlopen(request, timeout=10))
    if not answer["success"]:
        sys.exit(f"{method} {path}: {answer['message']}")
    return answer.get("data")


received = {}   # request id -> (prompt, completion), only for answers that arrived whole


async def manage_async(method, path, body=None):
    """Like `manage`, but returns `None` if the gateway is killed meanwhile."""
    data = json.dumps(body).encode() if body is not None else b""
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: crashaccess\r\n"
                     f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data)
        answer = await asyncio.wait_for(reader.read(-1), 10)
        writer.close()
        return json.loads(answer.partition(b"\r\n\r\n")[2])
    except (OSError, ValueError, asyncio.TimeoutError):
        return None


attempted, acknowledged = {}, {}   # the remark of a top-up -> its quota
token_ids, inherited = [], []


async def top_up(stop):
    while not stop.is_set():
        remark, quota = f"credit {len(attempted)}", random.randint(1, 1000)
        attempted[remark] = quota
        answer = await manage_async("POST", "/api/topup", {"user_id": saver, "quota": quota, "remark": remark})
        if answer and answer["success"]:
            acknowledged[remark] = quota


async def recreate(stop, number):
    """Creates a token, deletes it while its request runs, and checks the next token."""
    while not stop.is_set():
        quota = 10**8 + random.randint(0, 10**6)
        answer = await manage_async("POST", "/api/token/", {"name": "gone", "remain_quota": quota})
        if not answer or not answer["success"]:
            await asyncio.sleep(0.02)
            continue
        token = answer["data"]
        token_ids.append(token["id"])
        seen = await manage_async("GET", f"/api/token/{token['id']}")
        for shown in [token] + ([seen["data"]] if seen and seen["success"] else []):
            if shown["remain_quota"] != quota:
                inherited.append((token["id"], quota, shown["remain_quota"]))
        late = asyncio.create_task(asyncio.wait_for(ask(True, f"Late {number} {random.random()}", token["key"]), 10))
        await asyncio.sleep(random.uniform(0, 0.01))
        await manage_async("DELETE", f"/api/token/{token['id']}")
        await asyncio.gather(late, return_exceptions=True)


async def ask(stream, words, own_key=None):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = json.dumps({"model": "gpt-4o", "stream": stream, "messages": [{"role": "user", "content": words}],
                       **({"stream_options": {"include_usage": True}} if stream else {})}).encode()
    writer.write(f"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer sk-{own_key or key}\r\n"
                 f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
    data = await reader.read(-1)
    writer.close()
    head, _, rest = data.partition(b"\r\n\r\n")
    if not head.startswith(b"HTTP/1.1 200"):
        return
    request_id = next(l.split(b": ")[1].decode() for l in head.split(b"\r\n") if l.lower().startswith(b"x-oneapi-request-id"))
    if stream:
        if b"data: [DONE]" not in rest or not rest.endswith(b"0\r\n\r\n"):
            return
        at = rest.rindex(b'"usage":{')
        usage = json.JSONDecoder().raw_decode(rest[at + 8:].decode())[0]
    else:
        length = next(int(l.split(b":")[1]) for l in head.split(b"\r\n") if l.lower().startswith(b"content-length"))
        if len(rest) < length:
            return
        usage = json.loads(rest)["usage"]
    received[request_id] = (usage["prompt_tokens"], usage["completion_tokens"])


async def load(stop):
    async def client(number):
        count = 0
        while not stop.is_set():
            count += 1
            try:
                await asyncio.wait_for(ask(count % 2 == 0, f"Client {number} asks question {count}, {random.random()}"), 10)
            except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError, StopIteration, ValueError):
                await asyncio.sleep(0.02)
    await asyncio.gather(*(client(n) for n in range(CONNECTIONS)), top_up(stop), top_up(stop), recreate(stop, 1),
                         recreate(stop, 2))


async def one_round(process):
    stop = asyncio.Event()
    clients = asyncio.create_task(load(stop))
    await asyncio.sleep(random.uniform(0.15, 0.6))
    process.send_signal(signal.SIGKILL)
    stop.set()
    await clients


process = start()
manage("POST", "/api/channel/", {"type": 1, "name": "mock", "key": "sk-crash-test", "base_url": mock + "/openai",
                                 "models": "gpt-4o", "group": "default"})
key = manage("POST", "/api/token/", {"name": "crash", "remain_quota": START_QUOTA, "unlimited_quota": False})["key"]
manage("POST", "/api/user/", {"username": "saver", "password": "password1"})
saver = manage("GET", "/api/user/search?keyword=saver")[0]["id"]
for number in range(rounds):
    asyncio.run(one_round(process))
    process.wait()
    process = start()
    if (number + 1) % 10 == 0 or number + 1 == rounds:
        print(f"round {number + 1}: {len(received)} whole answers so far", flush=True)
manage("GET", "/api/log/stat")   # waits for the journal to be in the database
process.send_signal(signal.SIGTERM)
if process.wait(timeout=30) != 0:
    sys.exit("the gateway did not end cleanly after SIGTERM")

database = sqlite3.connect(work + "/crash.db")
one = lambda sql: database.execute(sql).fetchone()
rows = database.execute("SELECT request_id, quota, prompt_tokens, completion_tokens FROM logs WHERE type = 2").fetchall()
log_sum = sum(row[1] for row in rows)
token_sum, = one("SELECT COALESCE(SUM(quota), 0) FROM logs WHERE type = 2 AND token_name = 'crash'")
user_left, user_used, requests = one("SELECT quota, used_quota, request_count FROM users WHERE id = 1")
token_left, token_used = one("SELECT remain_quota, used_quota FROM tokens WHERE name = 'crash'")
channel_used, = one("SELECT used_quota FROM channels WHERE id = 1")
ledger = json.load(urllib.request.urlopen(mock + "/_mock/ledger", timeout=10))["total"]
# gpt-4o: (prompt + 4 x completion) x 2.5, rounded up for each answer
price = lambda prompt, completion: -(-(prompt * 10 + completion * 40) * 25 // 100)
problems = []


def expect(name, left, right):
    print(f"{name}: {left} {'=' if left == right else '<>'} {right}")
    if left != right:
        problems.append(name)


expect("quota taken from the user, sum of the log", 500_000_000_000_000 - user_left, log_sum)
expect("used quota of the user, sum of the log", user_used, log_sum)
expect("requests of the user, rows of the log", requests, len(rows))
expect("quota taken from the token, sum of its log", START_QUOTA - token_left, token_sum)
expect("used quota of the token, sum of its log", token_used, token_sum)
expect("used quota of the channel, sum of the log", channel_used, log_sum)
expect("rows of the log, distinct requests among them", len(rows), len({row[0] for row in rows}))
by_id = {row[0]: row for row in rows}
expect("answers that clients got, of them with a row", len(received), sum(i in by_id for i in received))
wrong = [i for i, usage in received.items() if i in by_id and by_id[i][1] != price(*usage)]
expect("answers that clients got with a wrong price", len(wrong), 0)
credits = database.execute("SELECT content, quota FROM logs WHERE type = 1 AND user_id = ?", (saver,)).fetchall()
saved, = one(f"SELECT quota FROM users WHERE id = {saver}")
expect("balance of the user who was topped up, sum of the top-ups in the log", saved, sum(c[1] for c in credits))
expect("top-ups in the log, distinct ones", len(credits), len({c[0] for c in credits}))
expect("top-ups that were acknowledged, of them in the log", len(acknowledged),
       sum(c[0] in acknowledged and acknowledged[c[0]] == c[1] for c in credits))
expect("top-ups in the log that nobody made", sum(attempted.get(c[0]) != c[1] for c in credits), 0)
expect("tokens made, distinct ids among them", len(token_ids), len(set(token_ids)))
expect("new tokens with another balance than theirs", len(inherited), 0)
print(f"{len(acknowledged)} top-ups and {len(token_ids)} new tokens between the kills")
if not acknowledged or not token_ids:
    problems.append("no top-ups or no tokens at all")
served = ledger["prompt_tokens"] * 2.5 + ledger["completion_tokens"] * 10
print(f"the mock completed {ledger['answers']} answers worth {served:.0f}; {len(rows)} are billed, worth {log_sum}; "
      f"{len(received)} reached a client whole")
if len(rows) > ledger["answers"] + CONNECTIONS * rounds or len(received) == 0:
    problems.append("more rows than answers, or no answers at all")
missing = ledger["answers"] - len(rows)
print(f"served by the mock and neither billed nor delivered, because the gateway died in between: {max(0, missing)}")
if problems:
    sys.exit("DISAGREE: " + "; ".join(problems))
print("all agree")
