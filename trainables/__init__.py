"""Train, evaluate and run uncertainty-aware segmentation networks: useful alone.

`segmentation.train` is the trainable, `toy` has analytic ones; `bundle`, `inference` and
`evaluation` use what it made. Importing the package imports none of them.
"""
