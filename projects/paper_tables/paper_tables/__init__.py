"""Tables 1 to 3 of the paper, from your checkpoints, next to its own figures."""
