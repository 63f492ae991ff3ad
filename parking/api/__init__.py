"""The doors of parking over HTTP: handlers decode, call, and answer."""
