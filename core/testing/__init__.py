"""A pytest plugin for the tests of plugin authors."""
