"""Plans that models write."""
