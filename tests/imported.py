"""What the process imports from which commands are forked (`tests/forked.py`); nobody else imports it.

What the commands find out when they are imported, such as how wide the terminal is, is that there is none.
"""

import os

os.environ.clear()
os.environ["TERM"] = "dumb"

import parking.app
import parking.cli  # noqa: F401
