"""The network: URLs, how to behave towards it, one HTTP client, webhooks."""
