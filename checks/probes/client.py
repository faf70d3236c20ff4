"""Stand around the app's client of the time zone service: a seam in which mutants are put.

It changes nothing as it stands. It lies outside of the client, so that a mutant fits every way
to write one: what `requests.get` is asked, what comes of it, what the client returns, what is
saved, and who the visitor is.
"""

import functools
import importlib
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import requests
from flask import Flask
from sqlalchemy import event

module = importlib.import_module("my_app.timezones")
models = importlib.import_module("my_app.catalog.models")
client = module.lookup_timezone
modules = [name for name, value in vars(module).items() if value is requests]
functions = [name for name, value in vars(module).items() if value is requests.get]
request_context = Flask.request_context


def sent(url: str, options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Return what is sent to the service."""
    return url, options


def result(zone: Any, seen: SimpleNamespace) -> Any:
    """Return what the client returns."""
    return zone


def saved(zone: Any) -> Any:
    """Return what is saved with a product."""
    return zone


def visit(environ: dict[str, Any]) -> dict[str, Any]:
    """Return the request as the app sees it."""
    return environ


def in_trouble(response: Any) -> bool:
    """Say whether a response, or what stands in for one, has the status of an error."""
    check = getattr(response, "raise_for_status", None)
    try:
        if check:
            check()
    except Exception:
        return True
    status = getattr(response, "status_code", None)
    return getattr(response, "ok", None) is False or (isinstance(status, int) and status >= 400)


def content(response: Any) -> Any:
    """Return the JSON of a response, the exception that it raises instead."""
    try:
        return response.json()
    except Exception as error:
        return error


def zone_of(response: Any) -> Any:
    """Return the time zone in a response, None without one."""
    found = content(response)
    zone = found.get("timezone") if isinstance(found, dict) else None
    return zone if isinstance(zone, str) else None


def spy(get: Any, seen: SimpleNamespace) -> Any:
    """Return a function that does what `get` does and remembers what came of it."""

    def remember(url: str, *args: Any, **options: Any) -> Any:
        url, options = sent(url, options)
        try:
            seen.response = get(url, *args, **options)
        except Exception as error:
            seen.error = error
            raise
        return seen.response

    return remember


@contextmanager
def watching(seen: SimpleNamespace) -> Iterator[None]:
    """Spy on every `get` that the client may call, also on one that a test has put there."""
    places = {id(requests): (requests, "get")}
    for name in modules:
        holder = getattr(module, name)
        places[id(holder)] = (holder, "get")
    places |= {id(name): (module, name) for name in functions}
    before = [(holder, name, getattr(holder, name)) for holder, name in places.values()]
    for holder, name, get in before:
        setattr(holder, name, spy(get, seen))
    try:
        yield
    finally:
        for holder, name, get in before:
            setattr(holder, name, get)


@functools.wraps(client)
def lookup_timezone(*args: Any, **kwargs: Any) -> Any:
    """Call the client."""
    seen = SimpleNamespace(response=None, error=None)
    with watching(seen):
        zone = client(*args, **kwargs)
    return result(zone, seen)


@event.listens_for(models.Product, "before_insert")
def save(mapper: object, connection: object, product: Any) -> None:
    """Save the time zone of a product."""
    product.user_timezone = saved(product.user_timezone)


def open_context(app: Flask, environ: Any) -> Any:
    """Begin a request."""
    return request_context(app, visit(environ))


Flask.request_context = open_context  # type: ignore[method-assign, assignment]
for loaded in [value for key, value in sys.modules.items() if key.split(".")[0] == "my_app"]:
    for key in [key for key, value in vars(loaded).items() if value is client]:
        if loaded.__name__ != __name__:
            setattr(loaded, key, lookup_timezone)
