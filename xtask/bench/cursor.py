"""Prints the milliseconds from opening a SQLite file to the first rows of the statement on standard input."""

import sqlite3
import sys
import time

database, rows = sys.argv[1], int(sys.argv[2])
statement = sys.stdin.read()

begun = time.perf_counter()
connection = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
connection.execute(statement).fetchmany(rows)
print((time.perf_counter() - begun) * 1000)
