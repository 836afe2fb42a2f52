"""Lets SkPy, the client that Skype's servers accepted, talk to a stand-in on loopback.

SkPy keeps its own https:// addresses: only the connection is led elsewhere, the Host header stays. Its clock stands
still, so that whatever it derives from the time can be compared.

Standard input: {"time", "ports": {host: port}, "user", "password", "group", "messages": [[content, is_rich], ...]}
Standard output: {"user_id", "sent": [client message id, ...]}
"""

import datetime
import json
import sys
import time
from urllib.parse import urlsplit

import requests
import skpy.chat
import skpy.conn
from skpy import Skype
from skpy.chat import SkypeGroupChat


class Redirected(requests.adapters.HTTPAdapter):
    """Sends every request to the port that stands for its host, and refuses all others."""

    def __init__(self, ports):
        super().__init__()
        self.ports = ports

    def send(self, request, **kwargs):
        url = urlsplit(request.url)
        if url.scheme != "https" or url.hostname not in self.ports:
            raise requests.exceptions.InvalidURL("nothing stands for " + request.url)
        request.headers["Host"] = url.netloc
        request.url = url._replace(scheme="http", netloc="127.0.0.1:%d" % self.ports[url.hostname]).geturl()
        return super().send(request, **kwargs)


def freeze(now):
    """Stops the clock that SkPy reads, in all the ways in which it does."""

    class Frozen(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return cls.fromtimestamp(now, tz)

    time.time = lambda: now
    skpy.conn.datetime = skpy.chat.datetime = Frozen


def main():
    task = json.load(sys.stdin)
    adapter = Redirected(task["ports"])
    requests.Session.get_adapter = lambda self, url: adapter
    # The machine's proxy settings are for other places than loopback.
    requests.Session.trust_env = False
    freeze(task["time"])

    skype = Skype(task["user"], task["password"])
    chat = SkypeGroupChat(skype, id=task["group"])
    sent = [chat.sendMsg(content, rich=rich).clientId for content, rich in task["messages"]]
    json.dump({"user_id": skype.userId, "sent": sent}, sys.stdout)


if __name__ == "__main__":
    main()
