"""What a tag means to machines: pipelines, webhooks and whoever watches."""
