"""Plugins in a process of their own: the hub's side of their door here, the plugin's side in ``inside``.

What runs in the child asks; what is allowed, counted and journaled is decided here, through the same door as that of a
plugin in the hub's process. The child is not believed.
"""
