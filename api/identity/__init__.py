"""Setting up, signing in, staying signed in, signing out."""
