"""The addresses under /xapi/: requests of learning software, answered as the standard says."""
