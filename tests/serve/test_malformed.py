"""Requests that are no HTTP: what is logged of them holds nothing of what they held."""

import pytest

from powens_flow.cli.logs import configure_logs
from tests.cli.conftest import logs_as_before
from tests.serve.conftest import Serve
from tests.serve.raw import answered

__all__ = ["logs_as_before"]

HOST = b"Host: 127.0.0.1\r\n"
MALFORMED = {
    "a blank in the query": b"GET /connect/callback?code=S3cr3t&state=z z HTTP/1.1\r\n" + HOST,
    "a NUL in a cookie": b"GET / HTTP/1.1\r\n" + HOST + b"Cookie: powens_flow=S3cr3t\x00\r\n",
    "a header without colon": b"GET / HTTP/1.1\r\n" + HOST + b"bad header S3cr3t\r\n",
    "two types": b"POST /person HTTP/1.1\r\n" + HOST + b"Content-Type: S3cr3t\r\n" * 2,
}


@pytest.mark.parametrize("sent", MALFORMED.values(), ids=MALFORMED)
async def test_a_malformed_request_is_logged_without_its_words(
    served: Serve, sent: bytes, capsys: pytest.CaptureFixture[str]
) -> None:
    configure_logs(verbose=False)
    here = await served()
    assert (await answered(here.address, sent + b"\r\n")).startswith(b"HTTP/1.0 400 ")
    told = capsys.readouterr().err
    assert "S3cr3t" not in told
    assert "Traceback" not in told
    assert told.count("\n") == 1
    assert "aiohttp.server" in told
