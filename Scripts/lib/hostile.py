"""The attacks of Scripts/soak: coroutines that repeat until they are cancelled. hostile.py PORT KEY POOR [ATTACK,…]

KEY has quota for its requests, POOR has none. Everything goes to 127.0.0.1, with a few connections for each attack.
"""
import asyncio
import base64
import gzip
import json
import random
import sys

port, key, poor = int(sys.argv[1]), sys.argv[2], sys.argv[3]
random.seed(7)


def head(path, length, token, more=""):
    return (f"POST {path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer sk-{token}\r\nContent-Type: application/json\r\n"
            f"Content-Length: {length}\r\n{more}\r\n").encode()


def chat(words, **more):
    return json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": words}], **more}).encode()


async def send(data, takes=1 << 16, patience=60):
    """Sends, and reads up to `takes` bytes of the answer."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(data)
        await asyncio.wait_for(writer.drain(), patience)
        if takes:
            await asyncio.wait_for(reader.read(takes), patience)
    finally:
        writer.close()


BOMB = gzip.compress(b'{"model":"text-embedding-3-small","input":[' + b"[0]," * 8_000_000 + b"[0]]}")
CROWD = b'{"model":"gpt-4o","messages":[' + b'{"role":"user","content":"x"},' * 780_000 + b'{"role":"user","content":"x"}]}'
PICTURE = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(4 << 20)).decode()
ALBUM = json.dumps({"model": "gpt-4o", "messages": [{"role": "user", "content": [
    {"type": "image_url", "image_url": {"url": "data:image/png;base64," + PICTURE}} for _ in range(4)]}]}).encode()


async def bombs(token):
    """A few kilobytes that unpack to 32 MB of tiny arrays."""
    await send(head("/v1/embeddings", len(BOMB), token, "Content-Encoding: gzip\r\n") + BOMB)


async def crowds():
    """A chat of 780,000 messages."""
    await send(head("/v1/chat/completions", len(CROWD), key) + CROWD)
    await asyncio.sleep(1)


async def albums():
    """Four pictures of several megabytes each."""
    await send(head("/v1/chat/completions", len(ALBUM), key) + ALBUM)
    await asyncio.sleep(1)


async def unfinished():
    """A body of 31 MB whose last byte never comes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(head("/v1/chat/completions", 31 << 20, key) + bytes(31 << 20)[:-100])
        for _ in range(20):
            await asyncio.sleep(3)
            writer.write(b"x")
            await writer.drain()
    finally:
        writer.close()


async def halves():
    """Pipelines requests, always with half of one left over."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        body = chat("half", max_tokens=1)
        one = head("/v1/chat/completions", len(body), poor) + body
        rest = b""
        for _ in range(200):
            data = rest + one
            writer.write(data[:-7])
            rest = data[-7:]
            await writer.drain()
            await asyncio.wait_for(reader.read(4096), 30)
    finally:
        writer.close()


async def deaf():
    """A stream that nobody reads."""
    await asyncio.sleep(random.uniform(0, 3))
    body = chat("deaf", stream=True)
    body = body.replace(b"gpt-4o", b"mock-tokens-5000", 1)
    reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1024)
    try:
        writer.write(head("/v1/chat/completions", len(body), key) + body)
        await writer.drain()
        writer.transport.pause_reading()
        await asyncio.sleep(10)
    finally:
        writer.transport.abort()


async def leavers():
    """Clients that disconnect in the middle of an answer."""
    body = chat("leaver", stream=True)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(head("/v1/chat/completions", len(body), key) + body)
    await writer.drain()
    await asyncio.wait_for(reader.read(random.choice([1, 500, 4000])), 30)
    writer.transport.abort()
    await asyncio.sleep(0.05)


GARBAGE = [
    b"GET /api/status HTTP/1.1\r\nHost: x\r\nCookie: session=-9223372036854775808|1|a|b|c\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n",
    b"GET / HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999999999999\r\n\r\n",
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"\x16\x03\x01\x02\x00\x01\x00", b"GET /" + b"a" * 40_000, b"\r\n" * 5000,
]


async def garbage():
    """Bytes that are no request, or a request that ends a careless server."""
    await send(random.choice(GARBAGE), patience=30)
    await asyncio.sleep(0.02)


async def guessers():
    """Tries passwords as fast as possible. Each costs a hash."""
    body = json.dumps({"username": "root", "password": str(random.random())}).encode()
    await send(b"POST /api/user/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nConnection: close\r\n"
               + f"Content-Length: {len(body)}\r\n\r\n".encode() + body)
    await asyncio.sleep(0.05)


ATTACKS = {
    "bombs": (6, lambda: bombs(key)), "poor-bombs": (6, lambda: bombs(poor)), "crowds": (3, crowds), "albums": (4, albums),
    "unfinished": (30, unfinished), "halves": (4, halves), "deaf": (10, deaf), "leavers": (8, leavers),
    "garbage": (8, garbage), "guessers": (4, guessers),
}


async def again(attack):
    while True:
        try:
            await attack()
        except (OSError, asyncio.IncompleteReadError, asyncio.TimeoutError, ConnectionError):
            await asyncio.sleep(0.2)


async def main():
    wanted = sys.argv[4].split(",") if len(sys.argv) > 4 and sys.argv[4] else list(ATTACKS)
    await asyncio.gather(*(again(ATTACKS[name][1]) for name in wanted for _ in range(ATTACKS[name][0])))


asyncio.run(main())
