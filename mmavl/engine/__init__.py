"""Training and testing: hooks, optimizer wrappers, loops, the runner behind the tools."""
