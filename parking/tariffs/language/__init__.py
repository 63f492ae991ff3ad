"""The tariff language: what a document may say, how it is read, and why it is refused."""
