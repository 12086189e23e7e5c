"""OpenAI's wire protocol: requests, chunks, completions, models. Pure values; nothing here knows the CLI."""
