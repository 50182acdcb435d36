"""From names of the source model to identifiers for nodes and values of the graph."""

from __future__ import annotations

import re

LONGEST = 40
"""Characters a name may have; the tail of a longer path is kept, it says most about the layer."""

_WORDS = """
accept_on alias always always_comb always_ff always_latch and assert assign assume automatic
before begin bind bins binsof bit break buf bufif0 bufif1 byte case casex casez cell chandle
checker class clocking cmos config const constraint context continue cover covergroup coverpoint
cross deassign default defparam design disable dist do edge else end endcase endchecker endclass
endclocking endconfig endfunction endgenerate endgroup endinterface endmodule endpackage
endprimitive endprogram endproperty endsequence endspecify endtable endtask enum event
eventually expect export extends extern final first_match for force foreach forever fork
forkjoin function generate genvar global highz0 highz1 if iff ifnone ignore_bins illegal_bins
implements implies import incdir include initial inout input inside instance int integer
interconnect interface intersect join join_any join_none large let liblist library local
localparam logic longint macromodule matches medium modport module nand negedge nettype new
nexttime nmos nor noshowcancelled not notif0 notif1 null or output package packed parameter pmos
posedge primitive priority program property protected pull0 pull1 pulldown pullup
pulsestyle_ondetect pulsestyle_onevent pure rand randc randcase randsequence rcmos real realtime
ref reg reject_on release repeat restrict return rnmos rpmos rtran rtranif0 rtranif1 s_always
s_eventually s_nexttime s_until s_until_with scalared sequence shortint shortreal showcancelled
signed small soft solve specify specparam static string strong strong0 strong1 struct super
supply0 supply1 sync_accept_on sync_reject_on table tagged task this throughout time
timeprecision timeunit tran tranif0 tranif1 tri tri0 tri1 triand trior trireg type typedef union
unique unique0 unsigned until until_with untyped use uwire var vectored virtual void wait
wait_order wand weak weak0 weak1 while wildcard wire with within wor xnor xor
"""
_KEYWORDS = frozenset(_WORDS.split())


def identifier(name: str, kind: str) -> str:
    """A legal lower-case identifier for `name`; `kind` (an operator type) helps where it must.

    Fused nodes carry the names of all their parts, separated by semicolons; the first is used.
    """
    first = next((part for part in name.split(";") if part.strip()), "")
    parts = [p for p in re.split(r"[^0-9a-z]+", first.lower()) if p]
    while len(parts) > 1 and len("_".join(parts)) > LONGEST:
        parts.pop(0)
    text = "_".join(parts)[:LONGEST].strip("_")
    if not text:
        text = _word(kind)
    if text[0].isdigit():
        text = f"{_word(kind)}_{text}"
    return f"{text}_{_word(kind)}" if text in _KEYWORDS else text


def _word(kind: str) -> str:
    word = re.sub(r"[^0-9a-z]+", "", kind.lower())
    return f"n{word}" if not word or word[0].isdigit() or word in _KEYWORDS else word
