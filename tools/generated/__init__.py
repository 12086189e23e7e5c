"""Runs the tests that OpenAI generates for its SDKs against cmappy with the real CLI."""
