"""What go/types knows: a small Go program behind a typed client (client.py), and its answers (facts.py)."""
