"""The engine: claims due checks, runs them at their time on one event loop, writes what they saw in bulk.

`worker` holds the loop; `claiming`, `loading`, `running` and `writing` are its steps; `upkeep` does what no run does (staleness, pauses,
maintenance, rows of new checks).
"""
