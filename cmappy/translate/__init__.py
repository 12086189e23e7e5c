"""Between the two protocols: OpenAI's requests to turns, the CLI's events to OpenAI's chunks. All of it is pure."""
