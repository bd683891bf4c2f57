"""Prints lines, tokens in and tokens out of access logs in JSON with Envoy AI Gateway's fields: access-log.py FILE..."""
import json
import sys

calls = [json.loads(line) for name in sys.argv[1:] for line in open(name) if line.startswith("{") and line.endswith("}\n")]
sums = [sum(int(call[f"gen_ai.usage.{side}_tokens"] or 0) for call in calls) for side in ("input", "output")]
print(len(calls), *sums)
