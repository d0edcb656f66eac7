"""What a workspace has spent and waited for, by day, workflow and model."""
