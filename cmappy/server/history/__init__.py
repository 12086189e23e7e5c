"""What was used in each hour of the last week: in memory, and in a file if there is one. Counts, never any content."""
