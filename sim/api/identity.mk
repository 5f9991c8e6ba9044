# The simulated APIs of this family and their tests.
