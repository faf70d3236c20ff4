"""The engine: builds the app at any recipe, runs snippets, runs the grader."""
