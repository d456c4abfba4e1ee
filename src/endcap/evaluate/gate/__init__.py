"""What decides which bundle may reach a customer: rules, what was found and expected of each, and the verdict."""
