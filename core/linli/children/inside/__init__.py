"""The plugin's side of its door, in the plugin's own process: the same context and facets over rooms that ask the hub.

Commands are asked and awaited; posts leave in order, many in one frame; what answers at once in the hub's process
(adding an entity, offering a service) waits here for the hub's answer, which never waits for this process. States,
registry rows and entries are local copies. Handlers stay here and are known to the hub by numbers.
"""
