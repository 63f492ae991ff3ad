"""HTTP, as it is spoken from outside."""
