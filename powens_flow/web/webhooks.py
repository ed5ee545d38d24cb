"""Powens' webhooks, handed to the receiver as they came."""

from aiohttp import web

from powens_flow.web.body import read_bytes
from powens_flow.web.call import Call
from powens_flow.web.problems import Problem


async def webhook(call: Call) -> web.Response:
    """`POST webhooks/{event}`: taken, or refused by its status; anything but 2xx comes again.

    Where gzip is switched on in the console, the application has to run without aiohttp's own
    inflating (`web.AppRunner(app, auto_decompress=False)`): the signature may be of those bytes.
    """
    receiver = call.connect.receiver
    if receiver is None:
        raise Problem("not_found", "no webhooks are taken here")
    request = call.request
    try:
        body = await read_bytes(call, call.connect.limits.webhook)
    except Problem as problem:
        if problem.code != "malformed":
            raise
        refused = web.Response(status=400, text=problem.detail)
        refused.force_close()  # what follows it on this connection cannot be told apart
        return refused
    answer = await receiver.receive(request.method, request.path, request.headers, body)
    return web.Response(status=answer.status, text=answer.reason)
