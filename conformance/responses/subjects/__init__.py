"""What checks look at: each kind of observation, how it is made, and easy ways to look into it."""
