#!/usr/bin/env python3
"""Tokens per second of `touchstone serve` beside llama-server: the same GGUF
file, threads and requests, in one run, the two taking turns.

    eval/throughput.py PROGRAM LLAMA_SERVER MODEL.gguf STORE
        [--threads 1] [--clients 1,4,16] [--rounds 3] [--tokens 64]

Every request is a chat completion at temperature 0 without checking and with
a prompt of its own, so that no cache answers it. Tokens are those that the
servers count; the time is from the first request to the last reply, the
prompts included. Needs nothing but Python; writes a Markdown table.
"""

import argparse
import concurrent.futures
import http.client
import json
import os
import re
import socket
import statistics
import subprocess
import sys
import tempfile
import time

THINGS = [
    "a lighthouse", "a bakery", "a night train", "an orchard", "a library", "a harbour", "a mountain hut",
    "a market", "a workshop", "a ferry", "a theatre", "a garden", "a bridge", "a mill", "a school", "a forest",
]


class Server:
    """A process that answers `/v1/chat/completions`."""

    def __init__(self, name, command, ready, environment=None):
        self.name = name
        self.log = tempfile.NamedTemporaryFile("w+", suffix=".log")
        self.process = subprocess.Popen(
            command, stdout=self.log, stderr=self.log, env={**os.environ, **(environment or {})}
        )
        self.host = None
        for _ in range(1200):
            if self.process.poll() is not None:
                sys.exit(f"{name} ended: {open(self.log.name).read()[-2000:]}")
            self.host = ready(open(self.log.name).read())
            self.model = self.host and self.listed()
            if self.model:
                return
            time.sleep(0.1)
        sys.exit(f"{name} is not ready after two minutes")

    def listed(self):
        """The model that the server names, once it answers."""
        try:
            connection = http.client.HTTPConnection(self.host, timeout=10)
            connection.request("GET", "/v1/models")
            reply = connection.getresponse()
            return json.loads(reply.read())["data"][0]["id"] if reply.status == 200 else None
        except OSError:
            return None

    def complete(self, prompt, tokens):
        body = {
            "model": self.model,
            "messages": [{"role": "user", "content": prompt}],
            "temperature": 0,
            "max_tokens": tokens,
            "touchstone": {"check": False},
        }
        connection = http.client.HTTPConnection(self.host, timeout=1200)
        connection.request("POST", "/v1/chat/completions", json.dumps(body), {"content-type": "application/json"})
        reply = connection.getresponse()
        text = reply.read()
        if reply.status != 200:
            raise RuntimeError(f"{self.name} answered {reply.status}: {text[:500]!r}")
        return json.loads(text)["usage"]["completion_tokens"]

    def stop(self):
        self.process.terminate()
        self.process.wait(60)


def measured(server, clients, tokens, salt):
    """Tokens per second, and how many tokens there were."""

    def ask(at):
        thing = THINGS[at % len(THINGS)]
        prompt = f"{salt}.{at} Write a long story about {thing}, in at least four hundred words."
        return server.complete(prompt, tokens)

    begun = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(clients) as pool:
        written = sum(pool.map(ask, range(clients)))
    return written / (time.monotonic() - begun), written


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("program")
    parser.add_argument("llama_server")
    parser.add_argument("model")
    parser.add_argument("store")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--clients", default="1,4,16")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--tokens", type=int, default=64)
    options = parser.parse_args()
    counts = [int(number) for number in options.clients.split(",")]
    most = max(counts)
    context = 256 + options.tokens
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    theirs = Server(
        "llama-server",
        [
            options.llama_server, "-m", options.model, "-t", str(options.threads), "-tb", str(options.threads),
            "--host", "127.0.0.1", "--port", str(port), "-np", str(most), "-c", str(context * most),
        ],
        lambda log: f"127.0.0.1:{port}",
    )
    ours = Server(
        "touchstone",
        [
            options.program, "serve", "--bind", "127.0.0.1:0", "--store", options.store, "--model", options.model,
            "--threads", str(options.threads), "--sessions", str(most), "--queue", str(most),
            "--context-tokens", str(max(context, 1024)),
        ],
        lambda log: (found := re.search(r"listening on http://(\S+)", log)) and found.group(1),
    )
    print(f"{options.threads} thread(s), {options.tokens} tokens a request, {options.rounds} rounds in turn, medians.\n")
    print("| requests at a time | llama-server, tokens/s | touchstone, tokens/s | ratio |\n| ---: | ---: | ---: | ---: |")
    try:
        for server in (theirs, ours):
            measured(server, 1, 8, "warm")
        for clients in counts:
            rates = {server.name: [] for server in (theirs, ours)}
            for turn in range(options.rounds):
                # Who begins changes, so that neither always has the cooler processor.
                for server in (theirs, ours) if turn % 2 == 0 else (ours, theirs):
                    rate, tokens = measured(server, clients, options.tokens, f"{clients}.{turn}")
                    rates[server.name].append(rate)
                    if tokens < clients * options.tokens:
                        print(f"{server.name}: {tokens} tokens instead of {clients * options.tokens}", file=sys.stderr)
            medians = [statistics.median(rates[server.name]) for server in (theirs, ours)]
            ratio = statistics.median(o / t for o, t in zip(rates["touchstone"], rates["llama-server"]))
            print(f"| {clients} | {medians[0]:.1f} | {medians[1]:.1f} | {ratio:.2f} |", flush=True)
    finally:
        theirs.stop()
        ours.stop()


if __name__ == "__main__":
    main()
