"""Serves the app by itself, on a port that is its own business."""

from my_app import create_app

app = create_app()


@app.after_request
def mark(response):
    response.headers["X-Served-By"] = __name__
    return response


app.run(port=5000)
