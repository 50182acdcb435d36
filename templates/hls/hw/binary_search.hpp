// Staircase by binary search: a threshold memory per level, one word per cycle.
//
// Level l holds 2**l limits per row, signed numbers of InWidth + 1 bits, the greatest number for
// those that are never exceeded; `offsets`, per lane, the output for a count of zero and a bit that
// says that the output falls with the count. See hw_binary_search.
#ifndef HW_BINARY_SEARCH_HPP
#define HW_BINARY_SEARCH_HPP

#include "stream.hpp"

namespace hw {

namespace detail {

// Decisions of the levels from Level on, the last in the lowest bit, behind those of `path`.
template <class C, int Level, class Number>
int search(const Number &, int, int, int path) {
#pragma HLS INLINE
  static_assert(Level == C::Levels, "a memory for every level");
  return path;
}

template <class C, int Level, class Number, class Limits, class... Rest>
int search(const Number &value, int group, int lane, int path, const Limits &limits,
           const Rest &...rest) {
#pragma HLS INLINE
  const int address = (group << Level) | path;
  const bool greater = value > decoded<C::InWidth + 1>(limits[address][C::Shared ? 0 : lane]);
  return search<C, Level + 1>(value, group, lane, 2 * path + (greater ? 1 : 0), rest...);
}

}  // namespace detail

template <class C, class X, class Y, class Value, int Depth, int Lanes, class... Limits>
void binary_search(stream<X> &x, stream<Y> &y, const Value (&offsets)[Depth][Lanes][2],
                   const Limits &...limits) {
#pragma HLS ARRAY_PARTITION variable=offsets complete dim=2
#pragma HLS ARRAY_PARTITION variable=offsets complete dim=3
  int group = 0, index = 0;

  for (int i = 0; i < C::OutFrameWords; ++i) {
#pragma HLS PIPELINE II=1
    const X in = x.read();
    Y out;
    for (int lane = 0; lane < C::Parallel; ++lane) {
#pragma HLS UNROLL
      const calc<C::InWidth + 1> value = calc<C::InWidth + 1>(in.lane[lane]);
      const int count = detail::search<C, 0>(value, group, lane, 0, limits...);
      const Value(&row)[2] = offsets[group][C::Shared ? 0 : lane];
      const modular<C::OutWidth> base = modular<C::OutWidth>(row[0]);
      const modular<C::OutWidth> steps = modular<C::OutWidth>(count);
      out.lane[lane] = (row[1] != 0) ? modular<C::OutWidth>(base - steps)
                                     : modular<C::OutWidth>(base + steps);
    }
    clear_tail<C>(out, index);
    y.write(out);
    advance<C::Groups>(group);
    advance<C::Words>(index);
  }
}

}  // namespace hw

#endif
