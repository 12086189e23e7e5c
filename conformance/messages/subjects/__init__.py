"""What is observed of a server that speaks the Messages API."""
