"""What the tests stand on: servers, faults, libraries, browsers; no tests."""
