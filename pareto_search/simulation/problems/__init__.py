"""Problems to simulate: analytic ones from pymoo, surrogates, an edge of memory, a replay."""
