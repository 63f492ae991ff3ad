"""A city to play with, a plausible day of its traffic, the servers it runs on, and the demonstration of all of it."""
