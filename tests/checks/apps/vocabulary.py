"""The vocabulary of a check, each word against the small catalog: every one must pass."""

import pytest

pytestmark = pytest.mark.hint("Fix the grader.")
SCRIPT = "import my_app, sys; print(__name__, __file__, sys.path[0] == sys.argv[1])"
LEFT_TO_DO = """
import atexit, threading, time
atexit.register(print, 2)
threading.Thread(target=lambda: (time.sleep(0.1), print(1))).start()
"""
PYTHON_IN_PYTHON = """
import subprocess, sys
code = "import flask, my_app; print(7)"
print(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True))
"""


def test_get(site):
    """Get."""
    assert site.get("/").status == 200
    assert site.get("/").words == "Shop None Hello you"


def test_json_and_query(site):
    """Json and query."""
    page = site.get("/", accept="application/json", name="a b")
    assert page.json()["query"] == {"name": "a b"}
    assert page.url == "/?name=a+b"


def test_configure(site):
    """Configure."""
    site.configure(ANSWER={"a": [1, True]}, LOG_LEVEL="WARNING")
    assert site.get("/", accept="application/json").json()["answer"] == {"a": [1, True]}
    assert site.read("application.log") == ""
    site.configure(ANSWER=None, LOG_LEVEL="INFO")
    assert site.get("/", accept="application/json").json()["answer"] is None
    assert site.read("application.log") == "home page\n"


def test_environ(site):
    """Environ."""
    site.environ(MOOD="good")
    assert "good" in site.get("/").text


def test_submit(site):
    """Submit."""
    page = site.submit("/en/product-create", name="Pen", category="Books", image=("a.png", b"x"))
    assert page.text == "product 1, your 1."
    assert page.url == "/en/product/1"
    assert [p.status for p in page.history] == [302]
    assert page.history[0].location == "/en/product/1"
    assert site.rows("SELECT name FROM product") == [("Pen/7/'a.png'",)]


def test_an_untouched_file_field_is_sent_empty(site):
    """An untouched file field is sent empty."""
    assert site.add_product(name="Pen", category=7) == 1
    assert site.rows("SELECT name FROM product WHERE id = ?", 1) == [("Pen/7/''",)]


def test_cookies_are_kept(site):
    """Cookies are kept."""
    site.add_product(name="a")
    site.add_product(name="b")
    assert site.get("/en/product/2").text == "product 2, your 2."


def test_post_is_raw(site):
    """Post is raw."""
    assert site.post("/en/product-create", {"name": "x"}).status == 400


def test_follow(site):
    """Follow."""
    assert site.get("/nowhere", follow=True).status == 404


def test_files(site):
    """Files."""
    site.write("notes/a.txt", "one")
    site.write("notes/a.txt", b"two")
    assert site.read("notes/a.txt") == "two"
    assert site.exists("notes")
    assert not site.exists("nothing")
    assert site.read("nothing") == ""
    site.get("/")
    assert site.exists("application.log")
    assert [f.name for f in site.find("**/*.log")] == ["application.log"]


def test_database(site):
    """Database."""
    site.add_product(name="a")
    site.execute("DELETE FROM product; CREATE TABLE more (x)")
    assert site.rows("SELECT count(*) FROM product") == [(0,)]
    assert site.rows("SELECT * FROM more") == []


def test_run(site):
    """Run."""
    done = site.run("-c", "import sys; print(sys.argv, input()); sys.exit(3)", "x", stdin="hi\n")
    assert (done.code, done.out, done.err) == (3, "['-c', 'x'] hi\n", "")
    assert site.run("-m", "flask", "--app", "my_app", "routes").code == 0
    site.write("script.py", SCRIPT)
    assert site.run("script.py", str(site.folder)).out == "__main__ script.py True\n"
    assert site.run("-V").out.startswith("Python 3")
    assert site.run("-c", 'exit("bye")').err == "bye\n"


def test_run_ends_like_an_interpreter(site):
    """Run ends like an interpreter."""
    assert site.python(LEFT_TO_DO).out == "1\n2\n"
    done = site.python("1 / 0")
    assert done.code == 1
    assert "ZeroDivisionError" in done.err
    assert "child.py" not in done.err


def test_python_in_python(site):
    """Python in python."""
    assert "stdout='7" in site.python(PYTHON_IN_PYTHON).out, site.python(PYTHON_IN_PYTHON)


def test_type(site):
    """Type."""
    site.set_stdin("Ann\n")
    assert site.get("/ask").text == "Ann"
    assert "name?" in site.output()


def test_serve(site):
    """Serve."""
    site.use_command("serve.py")
    assert site.get("/").headers["x-served-by"] == "__main__"
    site.use_command()
    assert "x-served-by" not in site.get("/").headers


def test_output(site):
    """Output."""
    site.get("/")
    assert "the app is made" in site.output()
    site.stop()
    assert "the app is made" in site.output()


def test_files_stay_after_a_restart(site):
    """Files stay after a restart."""
    site.add_product(name="a")
    site.stop()
    assert site.add_product(name="b") == 2
