"""Plain data that the rooms hand to each other, so that no room has to know another one's inside."""
