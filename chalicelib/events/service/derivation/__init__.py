"""Events that stream records mean, by table."""
