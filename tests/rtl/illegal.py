"""Parameters that modules can not work with: module, words of its refusal, what causes it.

One set of parameters for each refusal; the others have their defaults. A parameter with a dot is a
field of a structure: it is changed in the package that holds the default. A module without a
refusal of its own is refused by the part that it hands its parameters to.
"""

from __future__ import annotations

Refusals = dict[str, dict[str, dict[str, int]]]

POINTWISE: Refusals = {
    "hw_abreast": {"only become wider": {"Width0": 6}},
    "hw_binary_search": {"1 to 16 levels": {"Levels": 17}, "widths must be": {"InWidth": 0}},
    "hw_cast": {"more than Right and MaskWidth": {"Right": 10}},
    "hw_cut_product": {
        "leave a bit": {"Cuts.left": 16},
        "more than both cuts": {"Cuts.left": 15, "Cuts.right": 11, "ProductWidth": 26},
    },
    "hw_extremum": {
        "has one bit": {"Bipolar0": 1},
        "plain bits": {"Bipolar0": 1, "Bipolar1": 1, "InWidth0": 1, "InWidth1": 1},
    },
    "hw_fraction": {"Digits and widths": {"Digits": 0}},
    "hw_late_requantize": {"must hold Steps": {"Shift": 21}},
    "hw_linear": {"1 or 2 operands": {"Operands": 3}, "widths must be": {"InWidth1": 0}},
    "hw_pair_table": {"widths must be": {"InWidth1": 0}, "1 or 2 stages": {"Stages": 3}},
    "hw_product": {
        "operand has one bit": {"Bipolar1": 1},
        "result has one bit": {"Bipolar0": 1, "Bipolar1": 1, "InWidth0": 1, "InWidth1": 1},
    },
    "hw_recode": {"only become wider": {"InWidth": 6}},
    "hw_requantize": {
        "less than SumWidth": {"Shift": 29},
        "need Clamp": {"Clamp": 0},
    },
    "hw_rescale": {"less than SumWidth": {"Shift": 17}, "needs Clamp": {"RowFloor": 1, "Clamp": 0}},
    "hw_round_clamp": {"not be greater than High": {"Low": 128}, "widths must be": {"OutBits": 0}},
    "hw_search_level": {"hold Level": {"Level": 3}, "one to three": {"Stages": 4}},
    "hw_shift_clamp": {
        "HalfEven needs Clamp": {"HalfEven": 1, "Clamp": 0},
        "not be greater than High": {"Low": 128},
        "as wide as Low and High": {"Shift": 17, "OutWidth": 7},
        "as wide as the result": {"OutWidth": 17},
    },
    "hw_square_root": {"at most one per digit": {"OutWidth": 5}},
    "hw_table": {"1 or 2 stages": {"Stages": 3}, "Parallel and widths": {"InWidth": 0}},
    "hw_tail_mask": {"at most Parallel": {"Tail": 5}},
    "hw_threshold": {"Levels and widths": {"Levels": 0}},
}
"""Elements: one word in, one word out."""

RECURRENT: Refusals = {
    "hw_gru_cell": {"HLow is at most HHigh": {"Cell.c_low": 40000}},
    "hw_gru_reset_cell": {
        "HLow is at most HHigh": {"Cell.c_low": 40000},
        "number of a unit": {"UnitAddress": 5},
    },
    "hw_mirrored_function": {"no such lines": {"Digits": 0}},
    "hw_rescale_by_gate": {"InBits from 1 to 32": {"InBits": 33}},
    "hw_scaled_cell": {
        "new_digits is from 15 to 30": {"Cell.new_digits": 31},
        "y_bits from 1 to 16": {"Cell.y_bits": 17},
    },
    "hw_scaled_lstm": {
        "Lanes from 1 to Units": {"Lanes": 4},
        "at most 16 bits": {"OwnBits": 17},
    },
    "hw_lstm_cell": {
        "limits are in order": {"Cell.c_low": 40000},
        "share a table": {"Cell.sigma_slices": 2},
    },
    "hw_rnn_begin": {"Lanes must be a power": {"Lanes": 3}},
    "hw_rnn_cell": {"Channels must be": {"Channels": 0}, "no such kind": {"Cell.kind": 3}},
    "hw_rnn_engine": {
        "as many PEs": {"Pes": 5},
        "where it is told to": {"HasStart": 1, "Shape.takes_state": 1},
    },
    "hw_rnn_lane": {"one of Lanes": {"Lane": 1}, "a unit and of a row": {"Shape.cell_units": 9}},
    "hw_rnn_loader": {"XSize and Channels": {"Channels": 0}, "fit into ActBits": {"XBits": 17}},
    "hw_rnn_pe": {"a power of two": {"Lanes": 3}, "StateWords and Channels": {"StateWords": 0}},
    "hw_rnn_sender": {
        "ThingBits and Channels": {"Size": 0},
        "not wider than an element": {"OutBits": 17},
        "has a row of the order": {"Rows": 7},
    },
    "hw_rnn_sequencer": {"at least 5": {"Delay": 4}},
    "hw_rnn_starts": {"Channels must be": {"Channels": 0}},
    "hw_rnn_state": {
        "Size and Channels": {"Channels": 0},
        "has a row of the order": {"First": 1},
        "fit into OutBits": {"InBits": 17},
    },
    "hw_rnn_table": {"Slice is one of Slices": {"Slice": 1}},
    "hw_rnn_writer": {
        "TagBits at least 2": {"TagBits": 1},
        "not be greater than YHigh": {"YLow": 40000},
        "fit into ActBits": {"MBits": 17},
    },
}
"""Engines of recurrent layers and their parts."""

VECTORS: Refusals = {
    "hw_argmax": {
        "between 1 and all lanes": {"LastLanes": 5},
        "index of every element": {"Words": 5},
    },
    "hw_broadcast_matvec": {"Columns, Queue and OutLanes": {"Queue": 0}},
    "hw_by_tap": {"Taps, Words and Bits": {"Words": 0}},
    "hw_concat": {
        "between 1 and all lanes": {"LastLanes": 5},
        "sum of Widths": {"InBits": 7},
        "no such recoding": {"Recodings": 12},
        "Count must be": {"Words": 0},
    },
    "hw_choice_tree": {"AddressBits and Width": {"Width": 0}},
    "hw_filter": {"only become wider": {"InWidth": 6}, "Rows and RunWidth": {"Lanes": 0}},
    "hw_gather": {"a power of two": {"Capacity": 12}, "InWords at most": {"FinalRelease": 13}},
    "hw_take": {"Pixels, Words, Count": {"Count": 0}},
    "hw_keys": {"Lanes and widths": {"Lanes": 0}},
    "hw_larger": {"Count and Width": {"Count": 0}},
    "hw_limited_sum": {
        "Taps, Words, Parallel and widths": {"Taps": 0},
        "is not below 0": {"OutSigned": 0},
    },
    "hw_mux_tree": {"Count and Width": {"Count": 0}},
    "hw_pair_banks": {"must be at least 1": {"Groups": 0}, "fill all blocks": {"Pixels": 5}},
    "hw_pair_matvec": {
        "Passes, groups of sums and OutBits": {"Passes": 0},
        "three registers more": {"Sums.registers": 4},
        "only constant weights share": {"Sums.pack": 2},
        "have a book or are made": {"Sums.made": 3},
        "heads side by side": {"Heads": 2},
    },
    "hw_queue_pe": {"Pe is one of Pes": {"Pe": 2}},
    "hw_reduce": {"between 1 and all lanes": {"LastLanes": 2}},
    "hw_rewire": {"only become wider": {"InWidth": 6}, "InLanes and OutLanes": {"InLanes": 0}},
    "hw_rounded_sum": {
        "Taps, Words and Parallel": {"Digits": 0},
        "as wide as an input": {"InBits": 7},
    },
    "hw_sparse_collect": {"counts of parts": {"Channels": 0}},
    "hw_sparse_matvec": {
        "a power of two": {"InLanes": 3},
        "have the same matrix": {"Channels": 2, "Groups": 2},
    },
    "hw_sparse_pe": {"a power of two": {"Lanes": 3}},
    "hw_sparse_results": {"must be at least 1": {"Readers": 0}},
    "hw_sparse_turns": {"one of the rows": {"ProgramRows": 0}},
    "hw_truth_tables": {"FanIn and widths": {"InLanes": 0}},
    "hw_sum_level": {"Rows, Terms and widths": {"InBits": 0}, "two or four": {"Radix": 3}},
    "hw_topk": {
        "between 1 and all lanes": {"LastLanes": 3},
        "number of elements": {"K": 11},
        "smaller of K and Words": {"Depth": 2},
        "index of every element": {"Words": 9},
    },
}
"""Order, choice and sums of elements."""

LOADING: Refusals = {
    "hw_axi_image": {
        "not a power of two, or too large": {"BurstBeats": 12},
        "a burst has no room": {"Depth": 8},
        "three beats at least": {"MostBeats": 2},
    },
    "hw_decode_plain": {"no wider than a window": {"PieceBits": 17}},
    "hw_decode_bitmap": {"fits a window with one more": {"PieceBits": 16}},
    "hw_decode_huffman": {"a number of symbols fits a code": {"PieceBits": 11}},
    "hw_loaded_weights": {"a piece of one at least": {"RowBits": 0}},
}

STREAMS: Refusals = {
    "hw_axi_drain": {"RequestBits must": {"RequestBits": 0}},
    "hw_axi_reader": {
        "not a power of two, or too large": {"BurstBeats": 12},
        "a row is wider than a beat": {"RowBits": 65},
    },
    "hw_axil_endpoint": {"at least 3": {"AddressBits": 2}},
    "hw_axil_registers": {
        "Registers must be": {"Registers": 0},
        "that AddressBits reach": {"Offsets": 4096},
        "no such kind": {"Kinds": 5},
    },
    "hw_axis_gearbox": {"between 1 and all units": {"OutUnits": 2, "OutLast": 3}},
    "hw_axis_receiver": {
        "all bytes in use": {"FullBytes": 5},
        "fit into its bytes": {"UnitWidth": 9},
    },
    "hw_axis_sender": {"fit into its bytes": {"UnitWidth": 9}},
    "hw_event_counter": {"Width must be": {"Width": 0}},
    "hw_group_counter": {"Groups must be": {"Groups": 0}},
    "hw_issue": {"each has a bit": {"Inputs": 3, "Width": 2}},
    "hw_level_fifo": {"Depth and Width": {"Depth": 0}},
    "hw_row_rom": {"RowWidth and DataWidth": {"RowWidth": 0}},
    "hw_slice_rom": {"one of Slices": {"Slice": 1}},
    "hw_soft_reset": {"Cycles must be": {"Cycles": 0}},
    "hw_choose": {
        "Words, Lanes and TruthBits": {"Words": 0},
        "the sum of Widths": {"InBits": 5},
        "no such recoding": {"Recodings": 3},
    },
    "hw_gate": {"Words, Bits and TruthBits": {"Bits": 0}},
    "hw_hold": {"Words, Lanes and TruthBits": {"Words": 0}},
    "hw_tap": {"Width must be": {"Width": 0}},
    "hw_weights": {
        "Steps, Width and AddressBits": {"Steps": 0},
        "a row for every bit": {"Length": 2},
        "are not made": {"External": 1},
    },
    "hw_weight_rom": {"reach every row": {"Depth": 3}},
    "hw_wrap": {"Count must be": {"Count": 0}},
    "hw_wrap_ahead": {"Count must be": {"Count": 0}},
    "hw_wrap_ends": {"Count must be": {"Count": 0}},
}
"""Streams, buses, memories and counters."""

REFUSALS: Refusals = POINTWISE | RECURRENT | VECTORS | LOADING | STREAMS

WITHOUT = {"hw_valid_pipe": "any number of stages is a delay, and none of them a wire"}
"""Module to the reason why it takes every value of its parameters."""
