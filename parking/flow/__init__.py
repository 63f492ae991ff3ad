"""The story of the car park as use cases, one noun a module, each use case one function: read, decide, write."""
