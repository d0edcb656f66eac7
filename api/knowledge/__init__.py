"""Knowledge bases: documents that agents can look things up in."""
