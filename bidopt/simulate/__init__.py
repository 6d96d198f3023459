"""An auction market with known truth: the demo shop, the tests' oracle and the closed-loop benchmark stand on it."""
