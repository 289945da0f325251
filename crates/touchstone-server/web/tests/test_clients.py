"""OpenAI's and LangChain's own clients, and schemathesis, against the server.

Needs openai, langchain-openai, schemathesis and pytest (see requirements.txt)
and TOUCHSTONE_RECORDED, as `make test-web` sets it.
"""

import os
import shutil
import subprocess
import sys
import tempfile

import openai
import pytest
from langchain_openai import ChatOpenAI

QUESTION = "In which continent is the country whose capital is Quito, and what is its currency?"
MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": QUESTION}]


@pytest.fixture(scope="module")
def server():
    folder = tempfile.mkdtemp(prefix="touchstone-clients-")
    program = os.environ["TOUCHSTONE_RECORDED"]
    process = subprocess.Popen(
        [program, "127.0.0.1:0", folder], stdout=subprocess.PIPE, text=True, env={**os.environ, "TOUCHSTONE_LOG": "warn"}
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
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def client(server):
    return openai.OpenAI(base_url=server["url"] + "/v1", api_key=server["key"], max_retries=0)


def test_openai_reply(client):
    reply = client.chat.completions.create(model="touchstone", messages=MESSAGES, temperature=0.2, seed=7)
    assert "United States dollar [" in reply.choices[0].message.content
    own = reply.model_extra["touchstone"]
    assert own["report"]["answer"]["status"] == "verified"
    assert own["ignored"] == ["messages[0]"]


def test_openai_stream(client):
    chunks = client.chat.completions.create(model="touchstone", messages=MESSAGES, stream=True)
    text = "".join(chunk.choices[0].delta.content or "" for chunk in chunks if chunk.choices)
    assert "South America" in text


def test_openai_unchecked(client):
    reply = client.chat.completions.create(
        model="touchstone", messages=MESSAGES, extra_body={"touchstone": {"check": False}}, stop=["\n"]
    )
    assert reply.choices[0].message.content


def test_openai_logprobs(client):
    reply = client.chat.completions.create(
        model="touchstone", messages=MESSAGES, extra_body={"touchstone": {"check": False}}, logprobs=True, top_logprobs=1
    )
    choice = reply.choices[0]
    assert "".join(token.token for token in choice.logprobs.content) == choice.message.content
    assert all(token.logprob <= 0 for token in choice.logprobs.content)


def test_openai_errors(client, server):
    with pytest.raises(openai.NotFoundError):
        client.chat.completions.create(model="none", messages=MESSAGES)
    with pytest.raises(openai.UnprocessableEntityError):
        client.chat.completions.create(model="touchstone", messages=[])
    with pytest.raises(openai.AuthenticationError):
        openai.OpenAI(base_url=server["url"] + "/v1", api_key="wrong", max_retries=0).models.list()


def test_langchain(server):
    model = ChatOpenAI(model="touchstone", base_url=server["url"] + "/v1", api_key=server["key"], max_retries=0)
    assert "Ecuador" in model.invoke(QUESTION).content
    assert "South America" in "".join(chunk.content for chunk in model.stream(QUESTION))


def test_document(server):
    """Every answer is one that /openapi.json names, and none is a 5xx."""
    schemathesis = os.path.join(os.path.dirname(sys.executable), "schemathesis")
    run = subprocess.run(
        [
            schemathesis, "run", server["url"] + "/openapi.json",
            "--header", "Authorization: Bearer " + server["key"],
            "--checks", "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
            "--max-examples", os.environ.get("TOUCHSTONE_EXAMPLES", "20"), "--seed", "1", "--no-color",
        ],
        capture_output=True, text=True, cwd=server["folder"],
        env={**os.environ, "SCHEMATHESIS_HOOKS": "schemathesis_hooks", "PYTHONPATH": os.path.dirname(os.path.abspath(__file__))},
    )
    assert run.returncode == 0, run.stdout[-6000:] + run.stderr[-2000:]
