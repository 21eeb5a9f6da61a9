"""Runs scim2-tester on the server at an address with a token, and prints what it found as JSON."""

import itertools
import json
import sys

from httpx2 import Client
from scim2_client.engines.httpx2 import SyncSCIMClient
from scim2_tester import check_server, filling

NUMBERS = itertools.count(1)

# A schema cannot say which texts a company takes: names in its domains, languages, numbers that can be called.
VALUES = {
    "username": lambda n: f"tester{n}@acme.example",
    "preferredlanguage": lambda n: ["fr", "ja", "en-GB"][n % 3],
    "employeenumber": lambda n: f"E-{n}",
    "password": lambda n: f"a long enough Passw0rd {n}",
    # The one address of somebody is the primary one.
    "primary": lambda n: True,
    "emails.primary": lambda n: True,
    "phonenumbers.value": lambda n: f"+1206555{1000 + n}",
}

example_of = filling.get_random_example_value


def value_of(path):
    """A value that the company takes, and none twice."""
    binding = path.resolve()
    name = str(path).lower().split(":")[-1]
    if name == "value" and binding and "phone" in binding.target_model.__name__.lower():
        name = "phonenumbers.value"
    return VALUES[name](next(NUMBERS)) if name in VALUES else example_of(path)


def main(address, token):
    filling.get_random_example_value = value_of
    http = Client(base_url=address, headers={"authorization": f"Bearer {token}"}, timeout=30)
    client = SyncSCIMClient(http)
    client.discover()
    results = check_server(client)
    print(json.dumps([
        {"status": one.status.name, "title": one.title, "reason": one.reason, "type": one.resource_type}
        for one in results
    ]))


main(*sys.argv[1:])
