"""Helpers of the notebooks: build the catalog at a recipe, measure it, draw what came out."""
