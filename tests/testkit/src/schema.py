"""Validates JSON against a JSON Schema: schema.py SCHEMA < [instance, ...] > [[violation, ...], ...]"""

import json
import sys

from jsonschema.validators import validator_for

with open(sys.argv[1], encoding="utf-8") as file:
    schema = json.load(file)
kind = validator_for(schema)
kind.check_schema(schema)
validator = kind(schema)
json.dump(
    [[f"{error.json_path}: {error.message}" for error in validator.iter_errors(it)] for it in json.load(sys.stdin)],
    sys.stdout,
)
