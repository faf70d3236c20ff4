"""`make proof`: which apps the judge is asked about, and what its answers must be."""
