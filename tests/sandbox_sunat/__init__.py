"""Tests of the mock SUNAT, over real HTTP."""
