#!/usr/bin/env python3
"""Many clients at a running `touchstone serve`, as they come in the wild.

    eval/clients.py URL crowd [CLIENTS]   all ask at once: an answer or a 429 each
    eval/clients.py URL vanish [CLIENTS]  go away in the middle of a stream
    eval/clients.py URL soak PID MINUTES  questions and texts; the server's memory

Only Python's standard library. The server needs no key file (/metrics is read).
"""

import collections
import http.client
import json
import re
import sys
import threading
import time
import urllib.parse

QUESTION = "What is the capital of Ecuador, and what is its currency?"
TEXTS = ["Quito is the capital of Ecuador.", "Gold has atomic number 78.", "北京是中国的首都。", "2 + 2 = 5."]


def connect(url):
    place = urllib.parse.urlsplit(url)
    return http.client.HTTPConnection(place.hostname, place.port, timeout=600)


def post(url, path, body):
    client = connect(url)
    try:
        client.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        reply = client.getresponse()
        return reply.status, reply.getheader("Retry-After"), reply.read()
    finally:
        client.close()


def running(url):
    client = connect(url)
    client.request("GET", "/metrics")
    text = client.getresponse().read().decode()
    client.close()
    count = lambda name: int(re.search(rf'touchstone_{name}{{kind="ask"}} (\d+)', text)[1])
    return count("queue_running"), count("queue_waiting")


def crowd(url, clients):
    seen = collections.Counter()
    times = []

    def ask():
        begun = time.monotonic()
        try:
            status, retry, _ = post(url, "/v1/ask", {"question": QUESTION})
            assert status != 429 or int(retry) >= 1
        except Exception as error:  # noqa: BLE001: what happened is what is counted
            status = type(error).__name__
        seen[status] += 1
        times.append(time.monotonic() - begun)

    threads = [threading.Thread(target=ask) for _ in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    print(f"{clients} clients at once: {dict(seen)}, the last after {max(times):.1f} s; running, waiting: {running(url)}")
    return set(seen) <= {200, 429} and seen[200] > 0


def vanish(url, clients):
    sockets = []
    for _ in range(clients):
        client = connect(url)
        body = json.dumps({"question": QUESTION, "stream": True, "show_rejected": True})
        client.request("POST", "/v1/ask", body, {"Content-Type": "application/json"})
        sockets.append(client)
    time.sleep(2)
    before = running(url)
    for client in sockets:
        client.close()
    begun = time.monotonic()
    while running(url) != (0, 0) and time.monotonic() - begun < 120:
        time.sleep(0.2)
    print(f"{clients} streams dropped while {before} ran and waited: {running(url)} after {time.monotonic() - begun:.1f} s")
    return running(url) == (0, 0)


def memory(pid):
    with open(f"/proc/{pid}/status") as status:
        return int(re.search(r"VmRSS:\s+(\d+)", status.read())[1]) / 1024


def soak(url, pid, minutes):
    ends = time.monotonic() + 60 * minutes
    done = collections.Counter()

    def work(path, bodies):
        number = 0
        while time.monotonic() < ends:
            status, _, _ = post(url, path, bodies[number % len(bodies)])
            done[path, status] += 1
            number += 1

    texts = [{"text": text} for text in TEXTS]
    threads = [threading.Thread(target=work, args=("/v1/ask", [{"question": QUESTION}])) for _ in range(3)]
    threads += [threading.Thread(target=work, args=("/v1/check", texts)) for _ in range(2)]
    for thread in threads:
        thread.start()
    samples = []
    while time.monotonic() < ends:
        time.sleep(5)
        samples.append(memory(pid))
    for thread in threads:
        thread.join()
    third = max(1, len(samples) // 3)
    means = [sum(part) / len(part) for part in (samples[:third], samples[third : 2 * third], samples[-third:])]
    print(f"{dict(done)} in {minutes} min; memory by thirds: {', '.join(f'{mean:.0f}' for mean in means)} MiB, most {max(samples):.0f}")
    return means[2] < means[1] * 1.05


if __name__ == "__main__":
    url, what, *rest = sys.argv[1:]
    numbers = [int(number) for number in rest]
    works = {"crowd": lambda: crowd(url, *(numbers or [200])), "vanish": lambda: vanish(url, *(numbers or [20])), "soak": lambda: soak(url, *numbers)}
    sys.exit(0 if works[what]() else 1)
