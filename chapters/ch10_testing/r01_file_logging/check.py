"""The app writes what happens to a rotating log file, and you decide how much of it."""

import re

import pytest

from checks import expect
from checks.serving import eventually, fresh_number, fresh_word, serve

LOG = "application.log"
FULL_BY_DEFAULT = 10 << 20  # bytes: a file of this size must be full without any setting
FORGED = "2030-01-01 00:00:00,000 WARNING The safe is open,"
LEVELS = "DEBUG|INFO|WARNING|ERROR|CRITICAL"
NO_LOG = "Does create_app() add a handler that writes to LOG_FILE?"
NO_LINE = "The logger's own level comes before its handlers; a new logger has the level WARNING."
NO_LEVEL = "The formatter needs %(levelname)s."


class Shop:
    """Products in numbers that no time of day and no line of code could be taken for."""

    def __init__(self, site):
        self.name, self.company, self.category = fresh_word(), fresh_word(), fresh_word()
        self.found = fresh_number(3000, 5000)
        self.total = self.found + fresh_number(100, 900)
        site.execute(f"""
            INSERT INTO category (id, name) VALUES (1, 'Lamps'), (2, '{self.category}');
            WITH RECURSIVE numbers(n) AS
                (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {self.total})
            INSERT INTO product (name, price, company, category_id)
            SELECT iif(n > {self.found}, 'Other ', '{self.name} ') || n, 100, '{self.company}', 2
            FROM numbers;
        """)


def lines_of(log):
    """Split a log where an editor would."""
    return [line for line in re.split(r"[\r\n]+", log) if line.strip()]


def shown(thing):
    """Return the pattern of a number or a text that stands alone; 3456 may be 3,456."""
    text = str(thing)
    if isinstance(thing, int) and len(text) == 4:
        return rf"(?<!\w){text[0]}[,._' ]?{text[1:]}(?!\w)"
    return rf"(?<!\w){re.escape(text)}(?!\w)"


def matching(log, *things):
    """Return the lines that show each of the things: a level, a number, a word."""
    patterns = [re.compile(shown(thing)) for thing in things]
    return [line for line in lines_of(log) if all(pattern.search(line) for pattern in patterns)]


def logged(site, level, *things, file=LOG, wanted):
    """Wait for a line of this level that shows the things; return the log."""
    patience = 1.5 if site.exists(file) else 0.5
    log = eventually(lambda: site.read(file), lambda log: matching(log, level, *things), patience)
    lines, hint = matching(log, *things), ""
    if lines:
        no_level = not re.search(LEVELS, lines[0])
        hint = NO_LEVEL if no_level else "Each level has a method: info(), warning(), error()."
    elif not log:
        hint = NO_LINE if site.exists(file) else NO_LOG if files(site) == "none" else ""
    expect(
        matching(log, level, *things),
        wanted=wanted,
        seen=log or f"no {file} with a line; log files: {files(site)}",
        hint=hint,
    )
    return log


def files(site):
    """List the log files of the app with their sizes."""
    found = [path for path in site.find("**/*") if ".log" in path.name]
    names = [f"{path.relative_to(site.folder)} ({path.stat().st_size} bytes)" for path in found]
    return ", ".join(sorted(names)) or "none"


@pytest.mark.points(2)
@pytest.mark.hint("Log it in the view home(), before the response is chosen.")
def test_home_visit_is_logged(site):
    """A visit to the home page leaves an INFO line with the number of products."""
    shop = Shop(site)
    site.get("/en/home")
    wanted = f"an INFO line with the number of products, {shop.total}"
    logged(site, "INFO", shop.total, wanted=wanted)
    site.get("/fr/home", accept="application/json")
    log = eventually(lambda: site.read(LOG), lambda log: len(matching(log, "INFO", shop.total)) > 1)
    expect(
        len(matching(log, "INFO", shop.total)) == 2,
        wanted="two such lines after two visits: one for the page, one for JSON",
        seen=log,
    )


@pytest.mark.hint("Look the product up yourself: log when there is none, then abort(404).")
def test_missing_product_is_a_warning(site):
    """A request for a missing product leaves a WARNING line with its id and returns 404."""
    product = fresh_number(300_000, 999_999)
    page = site.get(f"/en/product/{product}")
    logged(site, "WARNING", product, wanted=f"a WARNING line with the missing id, {product}")
    expect(page.status == 404, wanted="status 404 for a missing product", seen=page)
    shop = Shop(site)
    page = site.get("/en/product/1")
    found = page.status == 200 and shop.name in page.text
    expect(found, wanted="still the page of a product that exists", seen=page)
    site.get(f"/en/product/{product + 1}")
    log = logged(site, "WARNING", product + 1, wanted="a WARNING line for each missing product")
    between = log.split(str(product))[-1].split(str(product + 1))[0]
    expect(
        not matching(between, "WARNING", 1),
        wanted="no WARNING line for a product that exists",
        seen=between,
        hint="Log the warning only where there is no product.",
    )


@pytest.mark.points(2)
@pytest.mark.hint("Untrusted input is logged with %r, so that a line break is written as \\n.")
def test_search_is_one_line(site):
    """A search leaves one INFO line with its terms and the number found, even with line breaks."""
    shop = Shop(site)
    site.get("/en/product-search", name=shop.name, company=shop.company)
    logged(
        site, "INFO", shop.name, shop.found,
        wanted=f"an INFO line with the search term {shop.name} and the number found, {shop.found}",
    )  # fmt: skip
    for line_break in ("\r\n", "\n", "\r"):
        terms = {field: fresh_word() for field in ("name", "company", "category")}
        site.get(
            "/en/product-search",
            **{field: f"{term}{line_break}{FORGED} {term}" for field, term in terms.items()},
        )
        log = logged(
            site, "INFO", terms["name"], wanted="an INFO line for a search with line breaks"
        )
        forged = [line for line in lines_of(log) if line.strip().startswith(FORGED)]
        expect(
            not forged,
            wanted="a search with line breaks in it stays on one line",
            seen="\n".join(forged),
        )
    log = site.read(LOG)
    expect(
        matching(log, "INFO", shop.name, shop.company, shop.found),
        wanted=f"both search terms in the line: name={shop.name}, company={shop.company}",
        seen=log,
        hint="Log every field of the search, for example all of request.args.",
    )


@pytest.mark.hint("LOG_LEVEL is read from app.config, and set on the logger.")
def test_level_decides_what_is_written(site):
    """LOG_LEVEL decides what is written: INFO by default, WARNING or ERROR for less."""
    shop, product = Shop(site), fresh_number(300_000, 999_999)
    site.get("/en/home")
    logged(site, "INFO", shop.total, wanted="an INFO line without any setting")
    site.configure(LOG_LEVEL="WARNING", LOG_FILE="warning.log")
    site.get("/en/home")
    site.get(f"/en/product/{product}")
    log = logged(
        site, "WARNING", product, file="warning.log", wanted="WARNING lines at LOG_LEVEL=WARNING"
    )
    wanted = "no INFO line with FLASK_LOG_LEVEL=WARNING in the environment"
    expect(not matching(log, "INFO", shop.total), wanted=wanted, seen=log)
    site.configure(LOG_LEVEL=None, LOG_FILE=None)
    serve(site, {"LOG_LEVEL": "ERROR", "LOG_FILE": "error.log"})
    site.get("/en/home")
    site.get(f"/en/product/{product}")
    site.execute("DROP TABLE product")
    page = site.get("/en/home")
    wanted = 'the traceback of a crash at ERROR, with create_app({"LOG_LEVEL": "ERROR"})'
    log = logged(site, "ERROR", file="error.log", wanted=wanted)
    expect(page.status == 500, wanted="status 500 when the table is gone", seen=page)
    less = matching(log, "INFO", shop.total) + matching(log, "WARNING", product)
    wanted = 'no INFO and WARNING lines with create_app({"LOG_LEVEL": "ERROR"})'
    expect(not less, wanted=wanted, seen="\n".join(less))


@pytest.mark.hint(
    "Path(app.instance_path, app.config['LOG_FILE']) is right for both kinds of path."
)
def test_log_file_is_where_you_say(site):
    """LOG_FILE is in the instance folder, wherever the app was started, or where its path says."""
    product = fresh_number(300_000, 999_999)

    def visit(name, place):
        site.get(f"/en/product/{product}")
        logged(site, "WARNING", product, file=name, wanted=f"the WARNING line in {place}")

    serve(site, elsewhere=True)
    visit(f"instance/{LOG}", f"instance/{LOG}, when the app was started in another folder")
    name = f"{fresh_word()}.log"
    serve(site, {"LOG_FILE": name}, elsewhere=True)
    visit(f"instance/{name}", f'instance/{name}, with create_app({{"LOG_FILE": "{name}"}})')
    name = f"{fresh_word()}.log"
    site.configure(LOG_FILE=str(site.inside / name))
    serve(site)
    visit(name, f"{name} in the app's folder, with its absolute path in FLASK_LOG_FILE")
    expect(
        not site.exists(f"instance/{name}"),
        wanted="an absolute path as it is",
        seen=files(site),
    )


@pytest.mark.hint("All apps of a process share one logger. What has the app before left on it?")
def test_each_event_is_one_line(site):
    """Each event is one line, however many apps were made before, and in the file of its app."""
    shop = Shop(site)
    serve(site, {}, {}, {})
    site.get("/en/home")
    log = logged(site, "INFO", shop.total, wanted="an INFO line when the app was made three times")
    lines = matching(log, "INFO", shop.total)
    expect(len(lines) == 1, wanted="one line for one event", seen="\n".join(lines))
    serve(site, {"LOG_FILE": "one.log", "LOG_LEVEL": "ERROR"}, {"LOG_FILE": "two.log"})
    site.get("/en/home")
    log = logged(
        site, "INFO", shop.total, file="two.log",
        wanted="the line in the file of the app that was visited, the second in its process",
    )  # fmt: skip
    lines = matching(log, "INFO", shop.total)
    expect(len(lines) == 1, wanted="one line for one event", seen="\n".join(lines))


@pytest.mark.hint("Set the log up in create_app(), in debug mode as well.")
def test_log_is_written_however_the_app_starts(site):
    """`python run.py` writes the log, and so does debug mode."""
    shop = Shop(site)
    site.configure(LOG_FILE="run.log")
    site.use_command("run.py")
    site.get("/en/home")
    wanted = "an INFO line when started by `python run.py`"
    log = logged(site, "INFO", shop.total, file="run.log", wanted=wanted)
    lines = matching(log, "INFO", shop.total)
    expect(len(lines) == 1, wanted="one line for one event", seen="\n".join(lines))
    site.configure(LOG_FILE="debug.log", DEBUG=True)
    site.use_command()
    site.get("/en/home")
    wanted = "an INFO line in debug mode, with FLASK_DEBUG=1"
    log = logged(site, "INFO", shop.total, file="debug.log", wanted=wanted)
    lines = matching(log, "INFO", shop.total)
    expect(len(lines) == 1, wanted="one line for one event", seen="\n".join(lines))


@pytest.mark.points(2)
@pytest.mark.hint("The handler needs both numbers; with one of them at 0 it never rotates.")
def test_log_file_rotates(site):
    """A log file has at most LOG_MAX_BYTES; LOG_BACKUPS full ones are kept beside it."""
    for name, backups in (("first.log", 2), ("second.log", 3)):
        largest = fresh_number(700, 900)
        settings = {"LOG_FILE": name, "LOG_MAX_BYTES": largest, "LOG_BACKUPS": backups}
        if name == "first.log":
            site.configure(**settings)
            how = f"FLASK_LOG_MAX_BYTES={largest}, FLASK_LOG_BACKUPS={backups}"
        else:
            site.configure(**dict.fromkeys(settings))
            serve(site, settings)
            how = f'create_app({{"LOG_MAX_BYTES": {largest}, "LOG_BACKUPS": {backups}}})'
        rotated(site, name, largest, backups, how)
    site.configure()
    serve(site)
    site.write(f"instance/{LOG}", "x" * (FULL_BY_DEFAULT - 1) + "\n")
    site.get("/en/home")
    aside = eventually(lambda: site.exists(f"instance/{LOG}.1"), bool)
    expect(
        aside,
        wanted=f"without settings, a file of 10 MB is put aside as {LOG}.1",
        seen=files(site),
        hint="Both numbers need a default that is not 0.",
    )


def rotated(site, name, largest, backups, how):
    """Search until the log was full often enough, then some more, and look at its files."""
    names = [name, *(f"{name}.{number}" for number in range(1, backups + 1))]
    after = 0
    for _ in range(60):
        word = fresh_word(100)
        site.get("/en/product-search", name=word)
        after += all(map(site.exists, names))
        if after > 10:
            break
    eventually(lambda: site.read(name), lambda log: word[:10] in log)
    sizes = {path.name: path.stat().st_size for path in site.find(f"**/{name}*")}
    expect(
        sorted(sizes) == names,
        wanted=f"the files {', '.join(names)} after many searches, with {how}",
        seen=files(site),
    )
    expect(max(sizes.values()) <= largest, wanted=f"no file over {largest} bytes", seen=files(site))
    log = site.read(name)
    expect(word[:10] in log, wanted=f"the newest line in {name}", seen=log)
