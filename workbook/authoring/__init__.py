"""`make edit`, `make refresh`, `make new-recipe`: the series is changed as a whole."""
