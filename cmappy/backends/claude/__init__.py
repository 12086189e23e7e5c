"""The real backend: one `claude` process per conversation, driven over its duplex stream-json protocol."""
