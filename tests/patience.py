"""How long a test waits for what must come.

No test says how fast something is: a machine may be slow, and do other work. What is quick is measured in `loadtests/`;
a test says what happens, and gives up when it has not happened after a time in which it would have happened anywhere.
"""

PATIENCE_S = 60.0
