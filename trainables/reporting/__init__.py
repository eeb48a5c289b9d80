"""What is said about predictions of many cases: scores, comparisons, raters and pictures.

`predictions` and `pairing` find files, `reading` loads them, `scoring` scores them side by side.
Training needs none of it.
"""
