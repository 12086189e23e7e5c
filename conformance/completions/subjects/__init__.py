"""What is observed of a server that offers completions."""
