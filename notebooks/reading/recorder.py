"""Records the tree of calls of one request: what called what, in order, and every SQL query.

Only the calls of the app and its packages are counted. A call into the standard library counts
once, whatever it does inside. Comprehensions and generators do not count: since Python 3.12 the
former are no calls, and how often the latter are resumed differs. So the tree is the same in every
run and on every version of Python, and pictures of it can be compared.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from inspect import CO_GENERATOR
from types import FrameType
from typing import Any

from reading.owners import LIBRARY, owner_of, short_name

Node = dict[str, Any]  # name, file, owner, sql, children
_NO_CALLS = {"<listcomp>", "<dictcomp>", "<setcomp>"}


def record(send: Callable[[], object], app: str) -> Node:
    """Call `send` once and return the root of the tree of its calls."""
    recorder = _Recorder(app)
    sys.setprofile(recorder.on_event)
    try:
        send()
    finally:
        sys.setprofile(None)
    return _find(recorder.root, "wsgi_app") or recorder.root


def _find(node: Node, name: str) -> Node | None:
    """Return the first node with a name; the test client's calls around it do not count."""
    if node["name"] == name:
        return node
    found = (_find(child, name) for child in node["children"])
    return next((node for node in found if node), None)


class _Recorder:
    def __init__(self, app: str) -> None:
        self.app = app
        self.root = _node("request", "", LIBRARY)
        self.stack: list[Node | None] = [self.root]  # None: a frame that does not count
        self.owners: dict[str, str] = {}

    def on_event(self, frame: FrameType, event: str, function: Any) -> None:
        if event == "call":
            self.enter(frame)
        elif event == "return":
            if len(self.stack) > 1:
                self.stack.pop()
        elif event == "c_call" and function.__name__ == "execute":
            query = frame.f_locals.get("statement")
            if query:
                self.top["children"].append(_node("execute", "~", LIBRARY, str(query)))

    @property
    def top(self) -> Node:
        return next(node for node in reversed(self.stack) if node is not None)

    def enter(self, frame: FrameType) -> None:
        code = frame.f_code
        owner = self.owner(code.co_filename)
        parent = self.top
        inside = owner == LIBRARY and parent["owner"] == LIBRARY and parent is not self.root
        if inside or code.co_name in _NO_CALLS or code.co_flags & CO_GENERATOR:
            self.stack.append(None)
            return
        node = _node(code.co_name, short_name(code.co_filename, self.app), owner)
        parent["children"].append(node)
        self.stack.append(node)

    def owner(self, file: str) -> str:
        if file not in self.owners:
            self.owners[file] = owner_of(file, self.app)
        return self.owners[file]


def _node(name: str, file: str, owner: str, sql: str = "") -> Node:
    return {"name": name, "file": file, "owner": owner, "sql": sql, "children": []}
