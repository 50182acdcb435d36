"""An engine for recurrent cells of any kind.

A recurrent op (`op.Recurrent`) says what a cell means; its kernel says what the engine has to know
of it (`cell.Cell`): which sums a unit has and over what, what a second phase does, and the pipeline
that makes a unit's state of its sums. All the rest is here, the same for all cells: who works on
which weight (`layout`), in which cycle (`simulation`), the programs that say so (`images`), and
what the circuit is made of (`resources`).

A new cell is an op, a function that makes its `Cell`, and a pipeline in `hw_rnn_cell`.
"""
