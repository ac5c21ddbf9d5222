"""Events told to others: posted to webhooks, and acted upon by a watcher."""
