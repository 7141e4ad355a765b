"""Drives Scripts/soak: honest clients alone, then beside hostile ones, then a rest. See there for what must hold."""
import asyncio
import atexit
import json
import os
import pathlib
import socket
import sqlite3
import statistics
import subprocess
import sys
import time
import urllib.request

binary, mock, other, work, seconds, only = *sys.argv[1:5], int(sys.argv[5]), sys.argv[6]
CLIENTS, PAUSE = 8, 0.05
START_QUOTA = 500_000_000_000_000
with socket.socket() as s:
    s.bind(("127.0.0.1", 0))
    port = s.getsockname()[1]
environment = dict(os.environ, PORT=str(port), INITIAL_ROOT_TOKEN="soaktoken", INITIAL_ROOT_ACCESS_TOKEN="soakaccess",
                   SQLITE_PATH=work + "/soak.db")
gateway = subprocess.Popen([binary, "--log-dir", ""], env=environment, cwd=work, stdout=open(work + "/gateway.log", "ab"),
                           stderr=subprocess.STDOUT)
atexit.register(gateway.kill)
for _ in range(200):
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
        break
    except OSError:
        time.sleep(0.05)


def manage(method, path, body=None):
    request = urllib.request.Request(f"http://127.0.0.1:{port}{path}", method=method,
                                     data=json.dumps(body).encode() if body is not None else None,
                                     headers={"Authorization": "soakaccess", "Content-Type": "application/json"})
    answer = json.load(urllib.request.urlopen(request, timeout=20))
    if not answer["success"]:
        sys.exit(f"{method} {path}: {answer['message']}")
    return answer.get("data")


def memory():
    # Counts only the heap: the kernel owns the pages of the mapped journal, and may drop them at any time.
    for line in open(f"/proc/{gateway.pid}/status"):
        if line.startswith("RssAnon"):
            return int(line.split()[1]) / 1024


async def ask(reader, writer, streams):
    model = "mock-tokens-20" if streams else "gpt-4o-mini"
    body = json.dumps({"model": model, "stream": streams, "messages": [{"role": "user", "content": "An honest question."}]}).encode()
    begin = time.perf_counter()
    writer.write(b"POST /v1/chat/completions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-soaktoken\r\n"
                 b"Content-Type: application/json\r\n" + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    if b" 200 " not in head.split(b"\r\n")[0]:
        raise ValueError(head.decode(errors="replace"))
    if streams:
        await reader.readuntil(b"0\r\n\r\n")
    else:
        await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))
    return time.perf_counter() - begin


failures = []


async def honest(until, times):
    async def client(number):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        count = number
        while time.monotonic() < until:
            count += 1
            try:
                times.append(await asyncio.wait_for(ask(reader, writer, count % 2 == 0), 30))
            except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError, ValueError) as error:
                failures.append(repr(error)[:300])
                writer.close()
                if gateway.poll() is not None:
                    sys.exit("the gateway has ended:\n" + open(work + "/gateway.log", errors="replace").read()[-1500:])
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.sleep(PAUSE)
        writer.close()
    await asyncio.gather(*(client(n) for n in range(CLIENTS)))


def phase(name, duration):
    times = []
    asyncio.run(honest(time.monotonic() + duration, times))
    times.sort()
    p99 = times[int(len(times) * 0.99)]
    print(f"{name}: {len(times)} honest requests, median {statistics.median(times) * 1000:.1f} ms, p99 {p99 * 1000:.1f} ms, "
          f"memory {memory():.0f} MB, failures {len(failures)}", flush=True)
    return p99


for name, upstream, models in [("honest", mock, "gpt-4o-mini,mock-tokens-20"),
                               ("hostile", other, "gpt-4o,text-embedding-3-small,mock-tokens-5000")]:
    manage("POST", "/api/channel/", {"type": 1, "name": name, "key": "sk-soak-test", "base_url": upstream + "/openai",
                                     "group": "default", "models": models})
poor = manage("POST", "/api/token/", {"name": "poor", "remain_quota": 0, "unlimited_quota": False})["key"]
rich = manage("POST", "/api/token/", {"name": "hostile", "remain_quota": 0, "unlimited_quota": True})["key"]


def attack():
    begun = subprocess.Popen([sys.executable, str(pathlib.Path(__file__).with_name("hostile.py")), str(port), rich, poor, only],
                             preexec_fn=lambda: os.nice(19), stderr=open(work + "/hostile.log", "ab"))
    atexit.register(begun.kill)
    return begun


def rest(limit):
    """The memory that the gateway keeps when idle; it returns memory every ten seconds."""
    phase("at rest", 3)
    least = memory()
    for _ in range(40):
        time.sleep(1)
        least = min(least, memory())
        if least <= limit:
            break
    return least


# Whatever is allocated at its first use (threads, tables, parsers) must be there before anything is measured.
warming = attack()
phase("warming up, beside hostile clients", max(15, seconds // 10))
warming.kill()
warming.wait()
before, alone = rest(0), phase("honest alone", max(5, seconds // 10))
attack = attack()
beside, peak = [], 0
quarter = max(5, (seconds - seconds // 10) // 4)
for number in range(4):
    beside.append(phase(f"beside hostile clients, quarter {number + 1}", quarter))
    peak = max(peak, memory())
    if attack.poll() is not None:
        sys.exit("the hostile clients have stopped:\n" + open(work + "/hostile.log").read()[-2000:])
attack.kill()
attack.wait()
after = rest(before * 1.2)
problems = []
if gateway.poll() is not None:
    problems.append("the gateway has ended")
if failures:
    problems.append(f"{len(failures)} honest requests failed, the first: {failures[0]}")
p99 = max(beside)
print(f"the worst quarter's p99 by p99 alone: {p99 / alone:.2f} (at most 3)")
if p99 > 3 * alone:
    problems.append("honest clients were slowed")
print(f"memory: {before:.0f} MB before, {peak:.0f} at the end of a quarter, {after:.0f} after, {after / before:.2f} (at most 1.2)")
if after > before * 1.2:
    problems.append("memory did not come back")
gateway.terminate()
if gateway.wait(timeout=150) != 0:
    problems.append("the gateway did not end cleanly")
database = sqlite3.connect(work + "/soak.db")
left, used = database.execute("SELECT quota, used_quota FROM users WHERE id = 1").fetchone()
logged, = database.execute("SELECT COALESCE(SUM(quota), 0) FROM logs WHERE type = 2").fetchone()
print(f"money: {START_QUOTA - left} taken, {used} counted as used, {logged} in the log")
if not START_QUOTA - left == used == logged:
    problems.append("the money disagrees")
if problems:
    told = [line for line in open(work + "/gateway.log", errors="replace") if not line.startswith("[GIN]")]
    sys.exit("".join(told[-20:]) + "\n".join(problems))
print("all well")
