"""What a child may ask of the hub, by name, and how it is done."""
