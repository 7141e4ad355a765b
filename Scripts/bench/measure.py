"""Takes the measurements of Scripts/bench/run and writes Scripts/bench/RESULTS.md: ratios, no absolute times."""
import argparse
import asyncio
import glob
import json
import pathlib
import re
import resource
import statistics
import subprocess
import sys
import time
import urllib.request

parser = argparse.ArgumentParser()
for name in ("mock", "nginx", "gateway", "nginx-pid", "gateway-pid", "rounds", "seconds"):
    parser.add_argument("--" + name, type=int, required=True)
parser.add_argument("--tokenizer")
parser.add_argument("--work", type=pathlib.Path)
options = parser.parse_args()
here = pathlib.Path(__file__).resolve().parent
KEY = "sk-benchtoken"


def cpu(pid):
    """Nanoseconds on a processor, all threads."""
    total = 0
    for path in glob.glob(f"/proc/{pid}/task/*/schedstat"):
        try:
            total += int(open(path).read().split()[0])
        except OSError:
            pass
    return total


def script(body):
    path = options.work / "request.lua"
    path.write_text('wrk.method = "POST"\nwrk.headers["Authorization"] = "Bearer %s"\n'
                    'wrk.headers["Content-Type"] = "application/json"\nwrk.body = [==[%s]==]\n' % (KEY, json.dumps(body)))
    return path


def wrk(port, pid, body):
    """CPU microseconds of the process for each request, at 64 connections."""
    return loaded(port, pid, body)[0]


def loaded(port, pid, body):
    """The same, and the share of the time that the process was at work."""
    before = cpu(pid)
    out = subprocess.run(["taskset", "-c", "0", "wrk", "-t1", "-c64", f"-d{options.seconds}s", "-s", script(body),
                          f"http://127.0.0.1:{port}/v1/chat/completions"], capture_output=True, text=True, check=True).stdout
    spent = cpu(pid) - before
    if "Non-2xx" in out or "Socket errors" in out:
        sys.exit(f"port {port} answered with errors:\n{out}")
    return spent / 1000 / int(re.search(r"(\d+) requests in", out).group(1)), spent / 1e9 / options.seconds


def compare(body):
    ratios = []
    for _ in range(options.rounds):
        bare = wrk(options.nginx, options.nginx_pid, body)
        ours = wrk(options.gateway, options.gateway_pid, body)
        ratios.append(ours / bare)
    return statistics.median(ratios)


short = {"model": "gpt-4o", "messages": [{"role": "system", "content": "You are a helpful assistant."},
                                         {"role": "user", "content": "Tell me a short story about a fox, please."}]}
long_text = ("The quick brown fox jumps over the lazy dog while the river flows quietly past the old mill. " * 90)[:8192]
long = {"model": "gpt-4o", "messages": [{"role": "user", "content": long_text}]}
stream = {"model": "mock-tokens-50", "stream": True, "messages": [{"role": "user", "content": "Fifty events, please."}]}


def translation(upstreams):
    """For each upstream: CPU of a short whole chat passed through, in microseconds; by it the same chat translated; what is
    added, in microseconds, to that chat and to an event of a stream; and the share of the time that the gateway was at
    work on the translated chats."""
    def measure(model, body):
        return loaded(options.gateway, options.gateway_pid, dict(body, model=model))

    fifty = {"stream": True, "messages": [{"role": "user", "content": "mock-tokens-50"}]}
    for upstream in upstreams:
        whole, events = [], []
        for _ in range(options.rounds):
            (passed, _), (own, busy) = measure("gpt-4o", short), measure(upstream["model"], short)
            whole.append((passed, own / passed, own - passed, busy))
            events.append((measure(upstream["model"], fifty)[0] - measure("gpt-4o", fifty)[0]) / 50)
        yield upstream["name"], *(statistics.median(column) for column in zip(*whole)), statistics.median(events)


def memory(pid, field):
    for line in open(f"/proc/{pid}/status"):
        if line.startswith(field):
            return int(line.split()[1]) / 1024


def pace(value):
    request = urllib.request.Request(f"http://127.0.0.1:{options.mock}/_mock/pace", method="PUT",
                                     data=json.dumps({"events_per_second": value}).encode())
    urllib.request.urlopen(request).read()


async def one_stream(port, prefix, body, results):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    data = json.dumps(body).encode()
    writer.write(f"POST {prefix}/v1/chat/completions HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {KEY}\r\n"
                 f"Content-Type: application/json\r\nContent-Length: {len(data)}\r\n\r\n".encode() + data)
    begin = time.monotonic()
    tail = b""
    while True:
        piece = await reader.read(65536)
        if not piece:
            break
        tail = (tail + piece)[-64:]
    writer.close()
    results.append((b"[DONE]" in tail, time.monotonic() - begin))


async def many_streams(port, prefix, count, events=100):
    results = []
    body = {"model": f"mock-tokens-{events}", "stream": True, "messages": [{"role": "user", "content": "Many events."}]}
    await asyncio.gather(*(one_stream(port, prefix, body, results) for _ in range(count)))
    return results


def first_byte(port, prefix):
    import http.client

    connection = http.client.HTTPConnection("127.0.0.1", port)
    data = json.dumps(dict(short, stream=True))
    times = []
    for _ in range(300):
        begin = time.perf_counter()
        connection.request("POST", prefix + "/v1/chat/completions", data,
                           {"Authorization": f"Bearer {KEY}", "Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read(1)
        times.append(time.perf_counter() - begin)
        answer.read()
    return statistics.median(times) * 1000


rows = []


def row(name, value, target, unit="", digits=2):
    rows.append((name, f"{value:.{digits}f}{unit}", target))
    print(f"{name}: {value:.{digits}f}{unit} (target {target})", flush=True)


idle = memory(options.gateway_pid, "VmRSS")
added = first_byte(options.gateway, "") - first_byte(options.mock, "/openai")
row("CPU a request, whole short chat, by nginx", compare(short), "2.2 at most")
row("CPU a request, 8 KiB prompt, by nginx", compare(long), "2.5 at most")
row("CPU an event, stream of 50 events, by nginx", compare(stream), "1.5 at most")
row("time to first byte added at the median, idle machine", added, "below 0.3", " ms")
pace(20)
upstream = asyncio.run(many_streams(options.mock, "/openai", 1000))
results = asyncio.run(many_streams(options.gateway, "", 1000))
pace(0)
row("1,000 streams at 20 events a second: finished whole", sum(done for done, _ in results), "1000", digits=0)
row("1,000 streams: the last one by the upstream's own pace", max(t for _, t in results) / max(t for _, t in upstream), "1.05 at most")
row("peak memory with 1,000 streams", memory(options.gateway_pid, "VmHWM"), "120 at most", " MB")
files = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (files[1], files[1]))
pace(1)
results = asyncio.run(many_streams(options.gateway, "", 10_000, events=20))
pace(0)
row("10,000 streams at an event a second, all at once: finished whole", sum(done for done, _ in results), "10000", digits=0)
row("memory idle", idle, "40 at most", " MB")
translated = ["| Provider | passed through | translated by it | added to a chat | at work | added to an event |",
              "| --- | --- | --- | --- | --- | --- |"]
upstreams = json.loads((here.parents[1] / "Fixtures/upstreams.json").read_text())
for name, passed, ratio, added, busy, event in translation([u for u in upstreams if u["name"] != "OpenAI"]):
    translated.append(f"| {name} | {passed:.1f} µs | {ratio:.2f} | {added:.1f} µs | {busy:.0%} | {event:.2f} µs |")
    print(translated[-1], flush=True)
tokenizer = ""
if options.tokenizer:
    done = subprocess.run([sys.executable, options.tokenizer], capture_output=True, text=True)
    tokenizer = done.stdout if done.returncode == 0 else "not measured: " + (done.stderr.strip().splitlines() or ["?"])[-1] + "\n"

lines = ["# Results of the benchmark", "",
         "Ratios of one run, medians of alternating rounds; authentication, metering, billing and logging all on; nginx is a",
         "bare reverse proxy with one worker on the same core; 64 connections; the mock is the upstream of both.", "",
         f"Made by `Scripts/bench/run --rounds {options.rounds} --seconds {options.seconds}`.", "",
         "| What | Measured | Target |", "| --- | --- | --- |"]
lines += [f"| {name} | {value} | {target} |" for name, value, target in rows]
lines += ["", "What translating costs, in CPU time on top of the same request to OpenAI's format passed through (targets: 25 µs a",
          "short whole chat, 3 µs an event of a stream; streams of 50 events). Microseconds are this machine's: design.md's",
          "figures add up to about 30 for a chat passed through, and what is added grows alike. Where the gateway",
          "is not at work all the time, the mock is what limits the run, and each request also pays for waking up:", ""] + translated
lines += ["", "The tokenizer against Python's tiktoken on one thread (target: 2 x as fast or faster):", "", "```"]
lines += tokenizer.strip().splitlines() + ["```", ""]
(here / "RESULTS.md").write_text("\n".join(lines))
