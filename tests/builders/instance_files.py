"""The smallest files of each public format, and rack files of any size."""

from random import Random

PSPLIB = """\
*****
jobs (incl. supersource/sink ):  5
RESOURCES
  - renewable                 :  2   R
  - nonrenewable              :  0   N
*****
PRECEDENCE RELATIONS:
jobnr.    #modes  #successors   successors
   1        1          2           2   3
   2        1          1           4
   3        1          1           4
   4        1          1           5
   5        1          0
*****
REQUESTS/DURATIONS:
jobnr. mode duration  R 1  R 2
------------------------------
  1      1     0       0    0
  2      1     3       2    0
  3      1     2       1    4
  4      1     1       0    1
  5      1     0       0    0
*****
RESOURCEAVAILABILITIES:
  R 1  R 2
   2    4
*****
"""

PATTERSON = """\
4 1
2
0 0 1 2
3 2 1 3
5 1 1 4
0 0 0
"""

MMLIB = """\
jobs  (incl. supersource/sink ):\t3
RESOURCES
- renewable                 : 1 R
- nonrenewable              : 1 N
*****
PRECEDENCE RELATIONS:
jobnr.\t#modes\t#successors\tsuccessors
1\t1\t1\t\t2
2\t2\t1\t\t3
3\t1\t0
*****
REQUESTS/DURATIONS
jobnr.\tmode\tdur\tR1\tN1
------
1\t1\t0\t0\t0
2\t1\t2\t3\t4
\t2\t5\t1\t0
3\t1\t0\t0\t0
*****
 RESOURCE AVAILABILITIES
\tR 1\tN 1
\t3\t9
*****
"""

RCPSP_MAX = """\
2\t1\t0\t0
0\t1\t2\t1\t2\t[0]\t[1]
1\t1\t2\t2\t3\t[2]\t[3]
2\t1\t2\t1\t3\t[-5]\t[4]
3\t1\t0
0\t1\t0\t0
1\t1\t3\t1
2\t1\t4\t1
3\t1\t0\t0
2
"""

MPLIB = """\
2
1
4

3 0
1
0 0 1 1:2
3 2 1 1:3
0 0 0

3 3
1
0 0 1 2:2
5 4 1 2:3
0 0 0
"""

NEUTRAL = {
    "bays": 1,
    "cells": 1,
    "rigs": 1,
    "labour": 1,
    "feeder_kw": 100,
    "curtail_frac": 0.8,
    "curtail": [[17, 21]],
    "ops": [
        ["kit", 2, {"labour": 1}],
        ["powertest", 36, {"bays": 1, "kw": "kw"}],
    ],
    "racks": [{"id": "R0", "release": 4, "due": 90, "kw": 72, "priority": 2}],
}

SCALE = {
    "capacity": {"pool_a": 1, "pool_b": 1, "kw": 200, "crew": 2},
    "racks": [
        {
            "id": "R0",
            "release": 5,
            "steps": [
                {"hours": hours, "use": use}
                for hours, use in (
                    (4, {"crew": 1}),
                    (8, {"crew": 2}),
                    (6, {"crew": 2}),
                    (4, {"crew": 1, "pool_a": 1}),
                    (2, {"crew": 1, "kw": 60}),
                    (24, {"kw": 120, "pool_b": 1}),
                    (2, {"crew": 1}),
                    (2, {"crew": 1}),
                )
            ],
        }
    ],
}


def neutral_racks(count, seed=7):
    """Return a neutral rack file in which bays, feeder and people are short."""
    chance = Random(seed)
    racks = []
    for at in range(count):
        release = chance.randrange(0, 8 * count)
        racks.append(
            {
                "id": f"R{at:03}",
                "release": release,
                "due": release + chance.choice([80, 96, 120]),
                "kw": chance.choice([72, 132, 132]),
                "priority": 1,
            }
        )
    return {
        "bays": 4,
        "cells": 3,
        "rigs": 1,
        "labour": 8,
        "feeder_kw": 450,
        "curtail_frac": 0.8,
        "curtail": [[day * 24 + 17, day * 24 + 21] for day in range(30) if day % 7 < 5],
        "ops": [
            ["kit", 2, {"labour": 1}],
            ["assemble", 24, {"labour": 2, "cells": 1}],
            ["leak", 4, {"rigs": 1}],
            ["powertest", 36, {"bays": 1, "kw": "kw"}],
            ["pack", 4, {"labour": 1}],
        ],
        "racks": racks,
    }
