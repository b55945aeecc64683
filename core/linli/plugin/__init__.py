"""How a plugin is described, found, ordered, let in through the door, and held to its contract."""
