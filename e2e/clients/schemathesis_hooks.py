"""Hooks of Schemathesis: each request is asked by one of some administrators, whose tokens stand in the environment."""

import json
import os
import random

import schemathesis

TOKENS = json.loads(os.environ["TOKENS"])


# One caller would meet the limit of writes to credentials after thirty of them.
@schemathesis.hook
def before_call(context, case, kwargs):
    case.headers = {**(case.headers or {}), "Authorization": f"Bearer {random.choice(TOKENS)}"}
