"""Types for every feature: money, errors, time, ids, actors, settings and text. Imports no other folder."""
