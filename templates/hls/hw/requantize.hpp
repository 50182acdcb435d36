// Multiply, add, shift, clamp: y = floor + clamp((x * M + B) >> Shift, Low, High) + change.
//
// A lane's constants: M, B, with RowFloor the lane's floor, for each patch an input and what to add
// to its result, and with two lines another B and the greatest x that it serves. With Shared, one
// row serves all lanes. See hw_requantize.
#ifndef HW_REQUANTIZE_HPP
#define HW_REQUANTIZE_HPP

#include "shift_clamp.hpp"
#include "stream.hpp"

namespace hw {

template <class C, class X, class Y, class Value, int Depth, int Lanes, int Fields>
void requantize(stream<X> &x, stream<Y> &y, const Value (&rows)[Depth][Lanes][Fields]) {
#pragma HLS ARRAY_PARTITION variable=rows complete dim=2
#pragma HLS ARRAY_PARTITION variable=rows complete dim=3
  constexpr int first_patch = C::RowFloor ? 3 : 2;
  constexpr int below = first_patch + 2 * C::Repair::patches;
  static_assert(Fields == below + (C::Repair::two_lines ? 2 : 0), "a row has the lanes' constants");
  int group = 0, index = 0;

  for (int i = 0; i < C::OutFrameWords; ++i) {
#pragma HLS PIPELINE II=1
    const X in = x.read();
    Y out;
    for (int lane = 0; lane < C::Parallel; ++lane) {
#pragma HLS UNROLL
      const Value(&row)[Fields] = rows[group][C::Shared ? 0 : lane];
      const calc<C::SumWidth> value = calc<C::SumWidth>(in.lane[lane]);
      const calc<C::SumWidth> product =
          calc<C::SumWidth>(value * calc<C::SumWidth>(decoded<C::FactorWidth>(row[0])));
      const int last = C::Repair::two_lines ? below + 1 : 0;
      const bool lower = C::Repair::two_lines && calc<C::InWidth + 1>(in.lane[lane]) <=
                                                     decoded<C::InWidth + 1>(row[last]);
      const Value bias = row[C::Repair::two_lines && lower ? below : 1];
      const calc<C::SumWidth> sum =
          calc<C::SumWidth>(product + calc<C::SumWidth>(decoded<C::BiasWidth>(bias)));
      modular<C::OutWidth> offset = C::RowFloor ? modular<C::OutWidth>(row[first_patch - 1])
                                                : modular<C::OutWidth>(0);
      for (int p = 0; p < C::Repair::patches; ++p) {
#pragma HLS UNROLL
        const bool same = natural<C::InWidth>(row[first_patch + 2 * p]) == natural<C::InWidth>(in.lane[lane]);
        if (same) offset += modular<C::OutWidth>(decoded<2>(row[first_patch + 2 * p + 1]));
      }
      out.lane[lane] = shift_clamp<C>(sum, offset);
    }
    clear_tail<C>(out, index);
    y.write(out);
    advance<C::Groups>(group);
    advance<C::Words>(index);
  }
}

}  // namespace hw

#endif
