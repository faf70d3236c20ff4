"""The app at step N, built from shared_app/ and the diffs, cached by the hash of what made it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from tempfile import mkdtemp

from workbook import diffs, translations
from workbook.errors import WorkbookError, WorkbookProblems
from workbook.files import replace
from workbook.patch import DoesNotFit, Store
from workbook.series import Recipe, Series

# Part of every key: a change of how apps are built makes the cached ones useless.
_FORMAT = b"2"


def build(series: Series, number: int) -> Path:
    """Return the app after recipe `number` (0: shared_app), from the cache. Never write into it."""
    key = keys(series, number)[-1]
    folder = series.build / "steps" / f"{number:02d}-{key[:16]}"
    return folder if folder.is_dir() else _make(series, tree_at(series, number), folder)


def tree_with(series: Series, number: int, path: Path) -> str:
    """Return the git tree of the app after recipe `number` with one more diff on top."""
    key = _hash(keys(series, number)[-1].encode(), _bytes_of(path))
    note = store(series).folder / "steps" / key
    if not note.is_file():
        name = series.name_of(path)
        diff = diffs.read(path, name)
        replace(note, store(series).apply_fresh(tree_at(series, number), diff, name))
    return note.read_text()


def build_with(series: Series, number: int, path: Path) -> Path:
    """Return the app after recipe `number` with one more diff on top, from the cache."""
    key = _hash(keys(series, number)[-1].encode(), _bytes_of(path))
    folder = series.build / "steps" / f"{number:02d}-{path.stem}-{key[:16]}"
    return folder if folder.is_dir() else _make(series, tree_with(series, number, path), folder)


def copy(source: Path, target: Path) -> None:
    """Copy an app so that the copy can be written to, whatever the modes of the source."""
    shutil.copytree(source, target, copy_function=shutil.copyfile, dirs_exist_ok=True)


def compile_translations(series: Series, app: Path) -> None:
    """Compile the .po files of an app; raise WorkbookError for one that is broken."""
    try:
        translations.compile_app(app, translations.cache(series.build))
    except translations.CannotCompile as error:
        raise WorkbookError(str(error)) from None


def keys(series: Series, number: int) -> list[str]:
    """Return for each step up to `number` the hash of all that makes it."""
    chain = [_hash(_FORMAT, *_content(series.app))]
    for recipe in series.recipes[:number]:
        chain.append(_hash(chain[-1].encode(), _bytes_of(recipe.step)))
    return chain


def tree_at(series: Series, number: int) -> str:
    """Return the git tree of the app after recipe `number`; raise the first problem of the way."""
    notes = [store(series).folder / "steps" / key for key in keys(series, number)]
    done = next((n for n in range(number, -1, -1) if notes[n].is_file()), None)
    if done is None:
        done, tree = 0, store(series).tree_of(series.app)
        replace(notes[0], tree)
    else:
        tree = notes[done].read_text()
    for recipe in series.recipes[done:number]:
        tree = _applied(series, tree, recipe)
        replace(notes[recipe.number], tree)
    return tree


def store(series: Series) -> Store:
    """Return the scratch git store of this book."""
    return Store(series.build / "store.git").open()


def problems(series: Series) -> Iterator[str]:
    """Yield every problem of the series' diffs: all that cannot be read, then what does not fit."""
    unreadable = [*_unreadable(series)]
    yield from unreadable
    if unreadable:
        return
    for recipe in series.recipes:
        try:
            tree_at(series, recipe.number)
        except DoesNotFit as error:
            yield str(error)
            return
        for path in (*recipe.mistakes, *recipe.variants, *recipe.breaks):
            try:
                tree_with(series, recipe.number, path)
            except DoesNotFit as error:
                yield str(error)


def _unreadable(series: Series) -> Iterator[str]:
    for recipe in series.recipes:
        for path in (recipe.step, *recipe.mistakes, *recipe.variants, *recipe.breaks):
            try:
                diffs.read(path, series.name_of(path))
            except WorkbookProblems as error:
                yield from error.problems


def _applied(series: Series, tree: str, recipe: Recipe) -> str:
    name = series.name_of(recipe.step)
    try:
        return store(series).apply_fresh(tree, diffs.read(recipe.step, name), name)
    except DoesNotFit as error:
        raise DoesNotFit(f"Recipe {recipe.number} ({recipe.id}): {error}") from None


def _make(series: Series, tree: str, folder: Path) -> Path:
    """Write a tree beside its place and rename it, so that no half-built step is ever seen."""
    with scratch(series) as place:
        app = place / "app"
        app.mkdir()
        store(series).checkout(tree, app)
        compile_translations(series, app)
        folder.parent.mkdir(parents=True, exist_ok=True)
        try:
            app.rename(folder)
        except OSError:
            if not folder.is_dir():  # else another process was faster, with the same content
                raise
    return folder


@contextmanager
def scratch(series: Series) -> Iterator[Path]:
    """Make a temporary folder inside the build folder, and delete it afterwards."""
    parent = series.build / "tmp"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        place = Path(mkdtemp(dir=parent))
    except OSError as error:
        raise WorkbookError(
            f"{series.build} cannot be written ({error.strerror}); "
            "name another folder with WORKBOOK_BUILD=path."
        ) from None
    try:
        yield place
    finally:
        shutil.rmtree(place, ignore_errors=True)


def _content(folder: Path) -> Iterator[bytes]:
    if not folder.is_dir():
        raise WorkbookError(f"{folder} is missing; the app before recipe 1 belongs there.")
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if path.is_file() and not {"__pycache__", "instance"} & set(inside.parts):
            yield str(inside).encode()
            yield path.read_bytes()


def _bytes_of(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise WorkbookError(f"{path} cannot be read ({error.strerror}).") from None


def _hash(*parts: bytes) -> str:
    digest = sha256()
    for part in parts:
        digest.update(len(part).to_bytes(8, "big"))
        digest.update(part)
    return digest.hexdigest()
