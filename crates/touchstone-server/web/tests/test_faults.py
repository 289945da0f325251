"""A disk that fills up under the server: the right status, nothing lost, and
work goes on once there is room. Needs the right to mount (root)."""

import json
import os
import shutil
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

import pytest

MIB = 1024 * 1024
ROOM = 24 * MIB
# The store goes on only when it has room for its buffers again.
BALLAST = 200 * MIB


def call(server, method, path, body=None, kind="application/n-triples"):
    request = urllib.request.Request(server["url"] + path, data=body, method=method)
    request.add_header("Authorization", "Bearer " + server["key"])
    if body is not None:
        request.add_header("Content-Type", kind)
    try:
        with urllib.request.urlopen(request, timeout=120) as reply:
            return reply.status, reply.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@pytest.fixture()
def server():
    folder = tempfile.mkdtemp(prefix="touchstone-full-")
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={ROOM + BALLAST}", "tmpfs", folder]).returncode:
        shutil.rmtree(folder)
        pytest.skip("this user may not mount a small disk")
    process = subprocess.Popen(
        [os.environ["TOUCHSTONE_RECORDED"], "127.0.0.1:0", folder, "empty"], stdout=subprocess.PIPE, text=True
    )
    found = {"folder": folder}
    for line in process.stdout:
        if line.startswith("key "):
            found["key"] = line.split()[1]
        if line.startswith("listening on "):
            found["url"] = line.split()[-1]
            break
    yield found
    process.terminate()
    process.wait(30)
    subprocess.run(["umount", folder], check=True)
    shutil.rmtree(folder)


def graph(n):
    return "".join(f'<u:{n}-{i}> <u:p> "{i} {os.urandom(60).hex()}" .\n' for i in range(5_000)).encode()


def test_disk_full(server):
    held = []
    ballast = os.path.join(server["folder"], "ballast")
    with open(ballast, "wb") as file:
        file.write(bytes(BALLAST))
    for n in range(200):
        status, body = call(server, "PUT", f"/v1/graphs/g{n}", graph(n))
        if status == 507:
            assert json.loads(body)["type"].endswith("/disk-full")
            break
        assert status == 201, body
        held.append(n)
    else:
        pytest.fail("the disk was never full")
    assert held
    # What was acknowledged is there, what was refused is not, and reading goes on.
    for n in held:
        status, body = call(server, "GET", f"/v1/graphs/g{n}")
        assert status == 200 and body.count(b"\n") >= 5_000
    assert call(server, "GET", f"/v1/graphs/g{len(held)}")[0] == 404
    status, body = call(server, "POST", "/v1/check", b'{"text": "2 + 2 = 5."}', "application/json")
    assert status == 200 and json.loads(body)["summary"]["refuted"] == 1
    # With room again, the same server takes it; the store looks for some
    # every few seconds.
    os.remove(ballast)
    until = time.monotonic() + 60
    while (found := call(server, "PUT", f"/v1/graphs/g{len(held)}", graph(len(held))))[0] == 507:
        assert time.monotonic() < until, found[1]
        time.sleep(1)
    assert found[0] == 201, found[1]
    assert call(server, "GET", f"/v1/graphs/g{len(held)}")[0] == 200
