"""`make proof`: which apps the grader is asked about, and what its results must be."""
