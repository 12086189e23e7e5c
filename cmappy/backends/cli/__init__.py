"""What a backend needs that runs any CLI: child processes that surely end, and their lines."""
