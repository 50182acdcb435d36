"""The streams and ports of a simulation in machine words, by programs of their own."""

from __future__ import annotations

import subprocess
from pathlib import Path

from hwcompile.resources import room
from hwcompile.verify.hls.compilers import SANITIZE, STANDARD
from hwcompile.verify.verilator import find_compiler

MAIN = r"""
#include "hw/axis.hpp"

typedef hw::word<hw::integer<13>, 3> triple;

// Ends after everything that the first use of a stream makes.
static hw::stream<triple> of_the_program("of_the_program");

static int sum_of(int words) {
  hw::stream<triple> first("first"), second("second");
  if (!first.empty() || !second.empty() || second.size() != 0) return -1;
  for (int i = 0; i < words; ++i) first.write(triple{{i, -i, 7}});
  for (int i = 0; i < words; ++i) second.write(first.read());
  int sum = 0;
  while (!second.empty()) sum += second.read().lane[2];
  first.write(triple{{1, 2, 3}});  // is left in the stream
  return sum;
}

template <int Bits, bool Signed>
int lanes_lost() {
  constexpr int lanes = 9;
  hw::beat<(lanes * Bits + 7) / 8> beat;
  hw::detail::clear(beat);
  hw::number<Bits, Signed> value[lanes];
  for (int i = 0; i < lanes; ++i) {
    value[i] = static_cast<long long>(0x9e3779b97f4a7c15u * static_cast<unsigned long>(i + 1));
    hw::detail::set_bits<Bits>(beat, i * Bits, hw::natural<Bits>(value[i]));
  }
  int lost = 0;
  for (int i = 0; i < lanes; ++i) {
    const hw::number<Bits, Signed> read = hw::detail::bits_at<Bits>(beat, i * Bits);
    lost += read.held != value[i].held;
  }
  return lost;
}

template <int... Bits>
int lanes_lost_of_all() {
  return ((lanes_lost<Bits, true>() + lanes_lost<Bits, false>()) + ...);
}

int main() {
  for (int frame = 0; frame < 3; ++frame) {
    for (const int words : {5, 300, 0, 17}) {
      if (sum_of(words) != 7 * words) return 1;
    }
  }
  of_the_program.write(triple{{1, 2, 3}});
  return lanes_lost_of_all<1, 3, 8, 11, 16, 24, 25, 26, 32, 33, 57, 58, 64>() == 0 ? 0 : 2;
}
"""


def test_streams_are_empty_when_they_begin_and_ports_keep_every_lane(tmp_path: Path) -> None:
    (tmp_path / "main.cpp").write_text(MAIN)
    include = f"-I{room('templates') / 'hls'}"
    command = [find_compiler(), *STANDARD, "-O1", *SANITIZE, include]
    subprocess.run([*command, "main.cpp", "-o", "program"], cwd=tmp_path, check=True)
    assert subprocess.run([tmp_path / "program"]).returncode == 0
