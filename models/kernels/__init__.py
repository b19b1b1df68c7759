"""The few loops that Python is too slow for, in plain C, each beside a twin of numpy and scipy that judges it.

The C knows no Python: one shared library, loaded by ctypes, serves every Python of a platform. Where it could not be
built the twins take its place, slower and equal within the tolerance that they write down. A kernel keeps nothing
between calls, and sums in a fixed order whatever part of the work it is given: the same bits on any number of threads.
"""
