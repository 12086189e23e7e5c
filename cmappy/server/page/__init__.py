"""The page at `/`, for browsers: one file without a build, and the live data that it shows."""
