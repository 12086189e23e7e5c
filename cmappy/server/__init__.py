"""HTTP: the only part that imports Sanic."""
