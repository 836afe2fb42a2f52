"""Runs MiniStack until standard input ends: nothing is left behind, however the parent ends.

Four gaps are filled. MiniStack enforces IAM by the action that a request names in a parameter or a header; CloudWatch's
rpc-v2-cbor, which the SDK for Rust speaks, names it in the path, so every role would be allowed to read metrics. And its
scheduler hands over a schedule's Input as it is, where EventBridge Scheduler fills in the scheduled time. Its
CloudFormation refuses alarms on metric math; such an alarm becomes one on its first metric. And all that speaks to it
does so without TLS, which policies refuse: every request counts as one over TLS.
"""

import os
import re
import sys
import threading
from datetime import datetime, timezone

from ministack import app
from ministack.core import iam_actions
from ministack.services import eventbridge
from ministack.services.cloudformation import provisioners


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


def with_scheduled_time(invoke):
    """Lets a schedule's target be invoked with its Input filled in. Schedules start on whole minutes."""

    def invoke_target(target, event, *rest):
        if event["Source"] == "aws.scheduler" and "Input" in target:
            time = datetime.fromtimestamp(event["Time"] // 60 * 60, timezone.utc)
            filled = target["Input"].replace("<aws.scheduler.scheduled-time>", f"{time:%Y-%m-%dT%H:%M:%SZ}")
            target = {**target, "Input": filled}
        return invoke(target, event, *rest)

    return invoke_target


def with_metric_math(record):
    """Lets a template have alarms on metric math, of which the first metric is kept."""

    def record_alarm(name, properties):
        metrics = [metric["MetricStat"] for metric in properties.get("Metrics", []) if "MetricStat" in metric]
        if metrics:
            metric = {**metrics[0]["Metric"], "Period": metrics[0]["Period"], "Statistic": metrics[0]["Stat"]}
            properties = {**properties, **metric, "Metrics": None}
        return record(name, properties)

    return record_alarm


def over_tls(pin):
    """Lets every request count as one over TLS."""
    return lambda source_ip, _: pin(source_ip, True)


app.pin_request_origin = over_tls(app.pin_request_origin)
provisioners._cw_metric_alarm_record = with_metric_math(provisioners._cw_metric_alarm_record)
eventbridge._invoke_target = with_scheduled_time(eventbridge._invoke_target)
for_cbor("extract_iam_action", lambda operation: f"cloudwatch:{operation}")
for_cbor("extract_resource_arn", lambda operation: "*")  # metrics have no ARNs
threading.Thread(target=end_with_stdin, daemon=True).start()
app.main()
