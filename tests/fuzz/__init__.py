"""A bounded, seeded attack on everything a user can hand to hwcompile.

`python -m tests.fuzz` (`make fuzz`) runs parts, each a module here or a function of one, with the
signature `run(budget: Budget) -> Figures`: see `parts.py` for the list, `budget.py` for how a part
asks for its cases and `attempts.py` for how it runs one. A part draws the random numbers of case i
from `budget.rng(i)` alone, so that any case can be run again by its number:
`python -m tests.fuzz --only PART --seed SEED --case i`.
"""
