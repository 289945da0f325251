#!/usr/bin/env python3
"""A running service under more than it can take: clients at once beyond the
queue, clients that go away in the middle of a stream, and memory over time.

    eval/endure.py PROGRAM STORE [--minutes 10] [--model smollm2-135m]

Starts its own server (`PROGRAM serve`), needs nothing but Python, and writes
what it saw as text. Exit code 1 where something hung or was answered wrongly.
"""

import argparse
import collections
import http.client
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

# None of them can be read from the graph, so that the model drafts each.
TOPICS = ["rivers", "bridges", "tea", "sleep", "chess", "rain", "bread", "maps"]
TEXTS = ["Quito is the capital of Ecuador.", "Gold has atomic number 78.", "北京是中国的首都。", "2 + 2 = 5."]


class Server:
    def __init__(self, program, store, more):
        self.log = tempfile.NamedTemporaryFile("w+", suffix=".log")
        command = [program, "serve", "--bind", "127.0.0.1:0", "--store", store, *more]
        self.process = subprocess.Popen(command, stderr=self.log, env={**os.environ, "TOUCHSTONE_LOG": "warn"})
        self.host = None
        while self.host is None or self.call("GET", "/readyz")[0] != 200:
            if self.process.poll() is not None:
                sys.exit(open(self.log.name).read())
            found = re.search(r"listening on http://(\S+)", open(self.log.name).read())
            self.host = found and found.group(1)
            time.sleep(0.1)

    def call(self, method, path, body=None, timeout=300):
        connection = http.client.HTTPConnection(self.host, timeout=timeout)
        try:
            headers = {"content-type": "application/json"} if body is not None else {}
            connection.request(method, path, json.dumps(body) if body is not None else None, headers)
            reply = connection.getresponse()
            return reply.status, dict(reply.getheaders()), reply.read()
        finally:
            connection.close()

    def gauge(self, name, kind):
        text = self.call("GET", "/metrics")[2].decode()
        return int(re.search(rf'^{name}{{kind="{kind}"}} (\d+)$', text, re.M).group(1))

    def memory(self):
        for line in open(f"/proc/{self.process.pid}/status"):
            if line.startswith("VmRSS"):
                return int(line.split()[1]) / 1024
        return 0.0

    def stop(self):
        self.process.terminate()
        return self.process.wait(60)


def question(n):
    return {"question": f"Say one thing about {TOPICS[n % len(TOPICS)]} (number {n}).", "mode": "draft"}


def burst(server, clients, queue, sessions):
    """All at once: every one gets an answer or a 429."""
    replies, late = [], []
    begin = threading.Barrier(clients)

    def one(n):
        begin.wait()
        at = time.monotonic()
        try:
            status, headers, _ = server.call("POST", "/v1/ask", question(n))
            if status == 429 and int({k.lower(): v for k, v in headers.items()}.get("retry-after", 0)) < 1:
                status = "429 without Retry-After"
            replies.append((status, time.monotonic() - at))
        except OSError as error:
            late.append(repr(error))

    threads = [threading.Thread(target=one, args=(n,)) for n in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    count = collections.Counter(status for status, _ in replies)
    print(f"{clients} clients at once, {sessions} sequences, a queue of {queue}: " +
          ", ".join(f"{status}: {n}" for status, n in sorted(count.items(), key=str)) +
          f"; without a reply: {len(late)}; longest {max(t for _, t in replies):.1f} s, "
          f"slowest refusal {max([t for s, t in replies if s == 429], default=0):.2f} s")
    return not late and set(count) <= {200, 429} and count[200] >= queue


def killed(server, clients, grace):
    """Clients that go away while their answer is written."""
    lines = []

    def one(n):
        connection = http.client.HTTPConnection(server.host, timeout=60)
        connection.request("POST", "/v1/ask", json.dumps({**question(n), "stream": True}), {"content-type": "application/json"})
        # Some go before the first event, some after it.
        if n % 2:
            lines.append(connection.getresponse().fp.readline())
        else:
            time.sleep(0.3)
        connection.sock.close() if connection.sock else None
        connection.close()

    threads = [threading.Thread(target=one, args=(n,)) for n in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    at = time.monotonic()
    while server.gauge("touchstone_queue_running", "ask") or server.gauge("touchstone_queue_waiting", "ask"):
        if time.monotonic() - at > grace + 30:
            print(f"{clients} clients went away: their questions still run after {grace + 30} s")
            return False
        time.sleep(0.1)
    freed = time.monotonic() - at
    status = server.call("POST", "/v1/ask", question(0))[0]
    print(f"{clients} clients went away mid-stream: all sequences and places free after {freed:.1f} s "
          f"(a stream waits {grace} s for its reader), the next question: {status}")
    return status == 200


def endure(server, minutes, workers):
    """The same load for a while, and what the process holds."""
    end = time.monotonic() + minutes * 60
    counts = collections.Counter()

    def ask(n):
        while time.monotonic() < end:
            counts["ask", server.call("POST", "/v1/ask", question(n))[0]] += 1
            n += workers

    def check():
        connection = http.client.HTTPConnection(server.host, timeout=60)
        n = 0
        while time.monotonic() < end:
            n += 1
            connection.request("POST", "/v1/check", json.dumps({"text": TEXTS[n % len(TEXTS)]}), {"content-type": "application/json"})
            reply = connection.getresponse()
            reply.read()
            counts["check", reply.status] += 1
            time.sleep(0.005)

    def search():
        names = ["Quito", "gold", "北京", "Peru"]
        n = 0
        while time.monotonic() < end:
            n += 1
            counts["entities", server.call("GET", "/v1/entities?q=" + urllib.parse.quote(names[n % len(names)]))[0]] += 1
            time.sleep(0.05)

    threads = [threading.Thread(target=ask, args=(n,)) for n in range(workers)]
    threads += [threading.Thread(target=check), threading.Thread(target=search)]
    for thread in threads:
        thread.start()
    print(f"{minutes:g} minutes of {workers} clients asking, one checking, one searching:")
    print("| minute | MiB | done |\n| --- | --- | --- |")
    seen = []
    step = max(minutes / 10, 0.1)
    for part in range(11):
        time.sleep(max(0, end - minutes * 60 + part * step * 60 - time.monotonic()))
        if part * step > minutes:
            break
        seen.append(server.memory())
        print(f"| {part * step:.1f} | {seen[-1]:.0f} | {sum(counts.values())} |", flush=True)
    for thread in threads:
        thread.join()
    print("replies: " + ", ".join(f"{what} {status}: {n}" for (what, status), n in sorted(counts.items(), key=str)))
    half = len(seen) // 2
    growth = statistics.mean(seen[half:]) - statistics.mean(seen[1:half] or seen[:1])
    print(f"second half against the first (without its first tenth): {growth:+.1f} MiB")
    return all(status == 200 for _, status in counts) and growth < 16


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("store")
    parser.add_argument("--model", default="smollm2-135m")
    parser.add_argument("--threads", default="1")
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--clients", type=int, default=200)
    given = parser.parse_args()
    queue, sessions, grace = 64, 4, 10
    more = ["--model", given.model, "--threads", given.threads, "--sessions", str(sessions), "--queue", str(queue),
            "--max-steps", "2", "--max-step-tokens", "24", "--max-repairs", "1"]
    server = Server(given.program, given.store, more)
    good = False
    try:
        print(f"# {os.cpu_count()} cores shared with the clients and whatever else runs: load {os.getloadavg()[0]:.1f}")
        good = burst(server, given.clients, queue, sessions)
        good &= killed(server, 40, grace)
        good &= endure(server, given.minutes, sessions)
    finally:
        code = server.stop()
        print(f"stopped with exit code {code}")
    sys.exit(0 if good and code == 0 else 1)


if __name__ == "__main__":
    main()
