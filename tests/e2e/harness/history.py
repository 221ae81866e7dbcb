"""Fills the history of a profile that Chromium made and left: rows come on standard input as JSON.

Python, because Node has no SQLite before version 22.
"""

import json
import sqlite3
import sys

# Between 1601, Chromium's first year, and 1970, in ms.
EPOCH = 11_644_473_600_000
# A link that was followed, begun and ended by itself: without these flags a visit is not listed.
TRANSITION = 0x30000000

database = sqlite3.connect(sys.argv[1])
with database:
    for row in json.load(sys.stdin):
        time = int((row["seenAt"] + EPOCH) * 1000)
        made = database.execute(
            "INSERT INTO urls (url, title, visit_count, typed_count, last_visit_time, hidden) VALUES (?, ?, ?, 0, ?, 0)",
            (row["url"], row["title"], row["visits"], time),
        )
        database.execute(
            "INSERT INTO visits (url, visit_time, from_visit, transition) VALUES (?, ?, 0, ?)",
            (made.lastrowid, time, TRANSITION),
        )
database.close()
