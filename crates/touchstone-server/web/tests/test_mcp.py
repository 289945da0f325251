"""The official MCP client against the server, over HTTP and standard streams."""

import asyncio
import json
import os

import httpx2
import pytest
from mcp import Client, StdioServerParameters
from mcp.client.streamable_http import streamable_http_client
from test_clients import server  # noqa: F401 (a fixture)

QUESTION = "In which continent is the country whose capital is Quito, and what is its currency?"


async def use(target, mode):
    async with Client(target, mode=mode, read_timeout_seconds=60) as client:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        assert sorted(tools) == ["ask", "check", "query_graph"]
        # The client holds each structured result against the tool's schema.
        asked = await client.call_tool("ask", {"question": QUESTION})
        assert not asked.is_error and asked.structured_content["answer"]["status"] == "verified"
        assert "United States dollar" in asked.content[0].text
        checked = await client.call_tool("check", {"text": "Gold has atomic number 78. 北京是中国的首都。"})
        assert checked.structured_content["summary"] == {"supported": 1, "refuted": 1, "unverifiable": 0}
        found = await client.call_tool("query_graph", {"query": "SELECT (COUNT(*) AS ?n) { ?s ?p ?o }"})
        assert int(json.loads(found.content[0].text)["results"]["bindings"][0]["n"]["value"]) > 1000
        refused = await client.call_tool("query_graph", {"query": "INSERT DATA { <a:a> <a:a> <a:a> }"})
        assert refused.is_error and "SPARQL" in refused.content[0].text


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_http(server, mode):  # noqa: F811
    async def run():
        async with httpx2.AsyncClient(headers={"Authorization": "Bearer " + server["key"]}, timeout=60) as http:
            await use(streamable_http_client(server["url"] + "/mcp", http_client=http), mode)

    asyncio.run(run())


@pytest.mark.parametrize("mode", ["auto", "legacy"])
def test_stdio(mode):
    program = os.environ["TOUCHSTONE_RECORDED"]
    asyncio.run(use(StdioServerParameters(command=program, args=["stdio"]), mode))
