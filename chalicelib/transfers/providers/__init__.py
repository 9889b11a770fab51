"""Payment providers: adapters that move money between the platform and the outside."""
