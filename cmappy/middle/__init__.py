"""What every face needs and no API owns; all of it is pure."""
