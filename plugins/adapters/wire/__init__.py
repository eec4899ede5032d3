"""What several adapters need: fields of messages, hook files, programs' versions.

A third party's adapter may use it as the bundled ones do.
"""
