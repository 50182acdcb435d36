// Multiply, add, shift, clamp, and correct: y = floor + level - late, where
// level = clamp((x * M + B) >> Shift, 0, Steps), and late is 1 at the first x of a level whose bit
// {group, level} is set: there the staircase rises one value of x later than the line says.
//
// A lane's constants: M (never negative), B, with RowFloor the lane's floor; without it, Low is the
// floor. With Shared, one row serves all lanes. See hw_late_requantize.
#ifndef HW_LATE_REQUANTIZE_HPP
#define HW_LATE_REQUANTIZE_HPP

#include "stream.hpp"

namespace hw {

template <class C, class X, class Y, class Value, int Depth, int Lanes, int Fields, class Late>
void late_requantize(stream<X> &x, stream<Y> &y, const Value (&rows)[Depth][Lanes][Fields],
                     const Late &late) {
#pragma HLS ARRAY_PARTITION variable=rows complete dim=2
#pragma HLS ARRAY_PARTITION variable=rows complete dim=3
  static_assert(Fields == (C::RowFloor ? 3 : 2), "a row has the lanes' constants");
  constexpr int level_bits = clog2(C::Steps + 1);
  int group = 0, index = 0;

  for (int i = 0; i < C::OutFrameWords; ++i) {
#pragma HLS PIPELINE II=1
    const X in = x.read();
    Y out;
    for (int lane = 0; lane < C::Parallel; ++lane) {
#pragma HLS UNROLL
      typedef calc<C::SumWidth + 1> sum_t;
      const Value(&row)[Fields] = rows[group][C::Shared ? 0 : lane];
      const sum_t factor = sum_t(decoded<C::FactorWidth>(row[0]));
      const sum_t product = sum_t(sum_t(in.lane[lane]) * factor);
      const sum_t sum = sum_t(product + sum_t(decoded<C::BiasWidth>(row[1])));
      const sum_t value = sum_t(sum >> C::Shift);
      const sum_t rest = sum_t(sum - value * (sum_t(1) << C::Shift));
      const bool above = value > sum_t(C::Steps);
      const int level = (value < sum_t(0)) ? 0 : above ? C::Steps : static_cast<int>(value);
      const bool first = !above && rest < factor;
      const bool marked = late[(group << level_bits) | level][C::Shared ? 0 : lane] != 0;
      const int floor = C::RowFloor ? static_cast<int>(row[Fields - 1]) : C::Low;
      out.lane[lane] = modular<C::OutWidth>(floor + level - ((marked && first) ? 1 : 0));
    }
    clear_tail<C>(out, index);
    y.write(out);
    advance<C::Groups>(group);
    advance<C::Words>(index);
  }
}

}  // namespace hw

#endif
