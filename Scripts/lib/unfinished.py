"""Names the Swift tests that began and did not end, according to a log: unfinished.py LOG"""

import re
import sys
from collections import Counter

with open(sys.argv[1], errors="replace") as file:
    log = file.read()
begun = re.findall(r"^◇ Test (?!case|run)(.*?) started\.", log, re.M)
ended = re.findall(r"^[✔✘] Test (.*?) (?:with \d+ test cases? )?(?:passed|failed) after", log, re.M)
for name in Counter(begun) - Counter(ended):
    print(f"did not end: {name}")
