"""From what is owed to money at the operator, as use cases: load what is needed, decide purely, write.

`db` is a connection inside the caller's transaction; a function that takes a `pool` makes its own, because no
transaction stays open while a channel is asked.
"""
