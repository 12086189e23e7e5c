"""What helps to develop and test cmappy; nothing in the package imports it."""
