"""Runs MiniStack until standard input ends: nothing is left behind, however the parent ends.

One gap is filled. MiniStack enforces IAM by the action that a request names in a parameter or a header; CloudWatch's
rpc-v2-cbor, which the SDK for Rust speaks, names it in the path, so every role would be allowed to read metrics.
"""

import os
import re
import sys
import threading

from ministack.app import main
from ministack.core import iam_actions


def end_with_stdin():
    sys.stdin.read()
    os._exit(0)


def for_cbor(function, answer):
    """Lets `answer` speak for an iam_actions function where a request has its operation in the path."""
    original = getattr(iam_actions, function)

    def extract(service, method, path, *rest):
        operation = re.fullmatch(r"/service/GraniteServiceVersion20100801/operation/(\w+)", path)
        return answer(operation[1]) if operation else original(service, method, path, *rest)

    setattr(iam_actions, function, extract)


for_cbor("extract_iam_action", lambda operation: f"cloudwatch:{operation}")
for_cbor("extract_resource_arn", lambda operation: "*")  # metrics have no ARNs
threading.Thread(target=end_with_stdin, daemon=True).start()
main()
