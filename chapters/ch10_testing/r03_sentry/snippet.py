"""Start a server that understands Sentry, let the app fail in three ways, read the issues."""

import select
import sys
from io import BytesIO

import sentry_sdk

from my_app import create_app
from my_app.extensions import db
from workbook.servers import bugsink

CONFIG = {
    "SQLALCHEMY_DATABASE_URI": "sqlite://",  # in memory, because it gets broken below
    "UPLOAD_FOLDER": "/dev/null",  # not a folder: no image can be saved there
    "WTF_CSRF_ENABLED": False,
    "LOG_LEVEL": "CRITICAL",  # else each crash shows its traceback here, too
}
PRODUCT = {"name": "Big Phone", "price": "549", "company": "Larkspur", "category": "1"}


def fail_in_three_ways(dsn: str | None) -> None:
    """Visit a catalog without categories, upload an image in vain, crash twice."""
    app = create_app(CONFIG | {"SENTRY_DSN": dsn})
    client = app.test_client()
    answers = [client.get("/en/categories")]
    client.post("/en/category-create", data={"name": "Phones"})
    with_image = PRODUCT | {"image": (BytesIO(b"a picture"), "phone.png")}
    answers.append(client.post("/en/product-create", data=with_image))
    with app.app_context():
        db.drop_all()
    answers += [client.get("/en/products"), client.get("/en/products")]
    for answer in answers:
        print(f"  {answer.request.method:4} {answer.request.path:18}  {answer.status}")
    print("  The SDK is", "on" if sentry_sdk.get_client().is_active() else "off")
    with app.app_context():
        db.engine.dispose()


print("Without SENTRY_DSN")
fail_in_three_ways(None)

with bugsink.running() as server:
    team = server.create_team("Catalog")
    project = server.create_project(team, "Shop")
    print(f"\nWith SENTRY_DSN={project.dsn}")
    fail_in_three_ways(project.dsn)
    sentry_sdk.flush()

    print(f"\nThe issues of the project {project.name}, as the server's API gives them")
    for issue in server.wait_for(project, 4):
        print(f"  {issue.count} x  {issue.type}: {issue.value.splitlines()[0]}")
        print(f"       in {issue.transaction}")
    print(f"\nIn a browser: {project.url}")
    print("  user {}, password {}".format(*server.admin))
    if sys.stdin.isatty():
        print("The server runs until you press Enter, for at most eight minutes.", flush=True)
        select.select([sys.stdin], [], [], 480)
