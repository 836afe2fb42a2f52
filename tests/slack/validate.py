"""Reads messages as Slack's own SDK does, and posts them by its client.

A block, element or key that the models do not know is dropped by them, with a line in a log at most; so what they make of
a message must be the message. Writing it out runs their validators, which hold the documented limits.

Standard input: {"url", "messages": [{"text", "blocks", ...}, ...]}
Standard output: [{"problem": null or text, "status", "body"}, ...]
"""

import json
import logging
import sys

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.webhook import WebhookClient

# The keys of an incoming webhook's message, as WebhookClient.send has them.
KEYS = {"text", "blocks", "unfurl_links", "unfurl_media"}


class Complaints(logging.Handler):
    """What the models only log: unknown blocks and keys."""

    def __init__(self):
        super().__init__(logging.DEBUG)
        self.texts = []

    def emit(self, record):
        self.texts.append(record.getMessage())


def problem(message, complaints):
    """What is wrong with a message, or nothing."""
    unknown = set(message) - KEYS
    if unknown:
        return f"unknown keys {sorted(unknown)}"
    blocks = message.get("blocks", [])
    complaints.texts.clear()
    try:
        # a copy: the models take the "type" out of what they are given
        parsed = Block.parse_all(json.loads(json.dumps(blocks)))
        written = [block.to_dict() for block in parsed if block is not None]
    except (SlackObjectFormationError, TypeError) as error:
        return str(error)
    if complaints.texts:
        return "; ".join(complaints.texts)
    if written != blocks:
        return f"dropped or changed: {json.dumps(blocks)} became {json.dumps(written)}"
    return None


def main():
    task = json.load(sys.stdin)
    complaints = Complaints()
    models = logging.getLogger("slack_sdk.models")
    models.setLevel(logging.DEBUG)
    models.addHandler(complaints)
    models.propagate = False

    client = WebhookClient(task["url"])
    told = []
    for message in task["messages"]:
        answer = client.send_dict(message)
        told.append({"problem": problem(message, complaints), "status": answer.status_code, "body": answer.body})
    json.dump(told, sys.stdout)


if __name__ == "__main__":
    main()
