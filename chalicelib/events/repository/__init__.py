"""Events, endpoints and deliveries in DynamoDB."""
