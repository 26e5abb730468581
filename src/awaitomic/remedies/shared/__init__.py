"""What several remedies need: where a lock can live, what an edit may pass over, how a new local is called."""
