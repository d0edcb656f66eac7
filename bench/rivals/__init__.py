"""What Perdure is compared with: the same work, written by hand for the engines themselves."""
