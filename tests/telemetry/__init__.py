"""What is seen of attempts from outside."""
