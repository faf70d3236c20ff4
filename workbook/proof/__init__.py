"""`make proof`: which apps the grader is asked about, and what its answers must be."""
