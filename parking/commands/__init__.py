"""What `onelot` is told at the terminal: registering a city, price texts, and what a draft would have changed."""
