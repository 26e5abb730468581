"""What people and machines read: text with code frames and timelines, JSON, and pure patches."""
