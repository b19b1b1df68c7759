"""The five papers beside this program: every number of theirs that it can reach, and every element of their studies.

`numbers_of_PAPER` puts our number beside the printed one (docs/reproduction.md); `elements` names for each element of a
paper the command and the test (docs/papers.md). `make reproduction` writes both pages, and tests keep them current.
"""
