"""The engine: builds the app at any recipe, runs snippets, asks the judge."""
