"""Create products while the time zone service works, is slow and fails; then test without it."""

import io
import os
import time
import unittest
from typing import get_args
from unittest import mock

from my_app import create_app
from my_app.catalog.models import Product
from my_app.extensions import db
from workbook.servers import timezones

os.environ["NO_PROXY"] = "127.0.0.1"  # never send these requests to a proxy
KITCHEN = {"name": "Kitchen"}
TEAPOT = {"name": "Teapot", "price": "12.50", "company": "Casa", "category": "1"}
VISITOR = {"REMOTE_ADDR": "192.0.2.7"}  # an IP address that is reserved for documentation


def create_product() -> str:
    """Submit the form as a visitor does; return the time zone that was saved."""
    answer = client.post("/en/product-create", data=TEAPOT, environ_base=VISITOR)
    number = int(answer.location.rpartition("/")[2])
    with app.app_context():
        return db.session.get_one(Product, number).user_timezone or "none"


with timezones.running() as service:
    service.delay = 5.0
    config = {"TIMEZONE_API": service.url, "TIMEZONE_TIMEOUT": 0.3, "WTF_CSRF_ENABLED": False}
    app = create_app(config)
    client = app.test_client()
    client.post("/en/category-create", data=KITCHEN)

    print("== A visitor from 192.0.2.7 creates a product; the slow service takes 5 seconds ==")
    print("service      product after  time zone      logged")
    for mode in get_args(timezones.Mode):
        service.mode, started = mode, time.monotonic()
        with mock.patch.object(app.logger, "warning") as warning:
            zone = create_product()
        logged = type(warning.call_args.args[2]).__name__ if warning.called else "nothing"
        print(f"{mode:<12} {time.monotonic() - started:.1f} s          {zone:<14} {logged}")

    print("\n== lookup_timezone replaced: it returns Mars/Olympus ==")
    service.mode = "ok"
    for place in ("my_app.timezones", "my_app.catalog.views"):
        service.clear()
        with mock.patch(f"{place}.lookup_timezone", return_value="Mars/Olympus"):
            zone = create_product()
        print(f"in {place:<20} saved: {zone:<14} requests to the service: {len(service.requests)}")

print("\n== All tests, while no name can be looked up on the network ==")
with mock.patch("socket.getaddrinfo", side_effect=OSError("There is no network.")) as network:
    tests = unittest.defaultTestLoader.discover(".", pattern="*_tests.py")
    result = unittest.TextTestRunner(stream=io.StringIO()).run(tests)
print(f"{result.testsRun} tests, {len(result.failures + result.errors)} failed,", end=" ")
print(f"{network.call_count} names looked up")
