"""Conditions: whether something holds now, in Home Assistant's language, in the view of whoever asks."""
