"""Rules of the operators' side. Pure."""
