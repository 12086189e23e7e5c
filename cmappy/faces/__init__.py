"""The APIs that clients speak; each is one package, and knows no other."""
