"""Stop in the list of products, look around with pdb, go on; then switch the stop off."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager

import pexpect
import requests

from workbook.servers.ports import free_port

os.environ["NO_PROXY"] = "127.0.0.1"  # a proxy of this machine has no business here
FLASK = ["-m", "flask", "--app", "my_app"]
PATH = "/en/products/2"
STOP = re.compile(r"> \S.*\n-> .*\n\(Pdb\) ")
SESSION = """p page; p pagination.total; p [product.name for product in pagination][:3]
u; p req.path, view_args; d; s; n; n; p app.name; n; p template.name; c"""


@contextmanager
def visit(**settings: str) -> Iterator[tuple[pexpect.spawn, Future[requests.Response]]]:
    """Serve the app in a terminal and, request the page meanwhile, as a browser does."""
    port = str(free_port())
    command = [*FLASK, "run", "--port", port]
    environ = os.environ | {"TERM": "dumb"} | settings
    terminal = pexpect.spawn(sys.executable, command, env=environ, encoding="utf-8")
    terminal.expect("Press CTRL")
    with ThreadPoolExecutor() as browser:
        try:
            yield terminal, browser.submit(requests.get, f"http://127.0.0.1:{port}{PATH}")
        finally:
            terminal.close(force=True)


def show(text: str) -> None:
    """Print what the terminal shows, with the folders before the packages cut off."""
    print(re.sub(r"> /.*/(?=(my_app|flask)/)", "> ", text.replace("\r\n", "\n")), end="")


subprocess.run([sys.executable, *FLASK, "add-samples"], check=True)
print(f"\nFLASK_BREAKPOINTS=true: the visit to {PATH} stops in the server's terminal")
with visit(FLASK_BREAKPOINTS="true") as (terminal, answer):
    terminal.expect(STOP)
    if "-> breakpoint()" in terminal.after:  # from 3.13 on, pdb stops one line earlier
        terminal.sendline("n")
        terminal.expect(STOP)
    show(terminal.after)
    for command in re.split("; |\n", SESSION):
        terminal.sendline(command)
        terminal.expect_exact("(Pdb) " if command != "c" else "\r\n")
        show(terminal.before + terminal.after)
    page = answer.result().text
print(f"\nAfter c the browser has its page: {page.count('card-title')} products")
for settings in ({"FLASK_BREAKPOINTS": "true", "PYTHONBREAKPOINT": "0"}, {}):
    with visit(**settings) as (terminal, answer):
        print(settings or "No setting", "- no stop, the same page:", answer.result().text == page)
