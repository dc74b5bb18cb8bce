"""Training and testing: hooks, optimizer wrappers, loops and the runner."""
