"""Prints the CPU milliseconds of one argon2id hash with 19 MiB, two passes and one lane."""

import time

from argon2.low_level import Type, hash_secret_raw

ROUNDS = 20

begun = time.process_time()
for _ in range(ROUNDS):
    hash_secret_raw(
        b"correct horse battery staple",
        b"sixteen bytes ok",
        time_cost=2,
        memory_cost=19 * 1024,
        parallelism=1,
        hash_len=32,
        type=Type.ID,
    )
print("hash_ms", (time.process_time() - begun) * 1000 / ROUNDS)
