"""Real parts for the tests: PostgreSQL servers, Redis, radosgw, a web server, a worker, a browser."""
