"""Start the catalog on the development server: `python run.py`."""

from my_app import create_app

if __name__ == "__main__":
    create_app().run()
