// Comparator bank: each lane counts its thresholds that the input exceeds.
//
// A lane's constants: Levels limits of InWidth + 1 bits (signed; the input counts when it is
// greater), the output for a count of zero, and a bit that inverts every comparison, which is how a
// falling staircase counts. With Shared, one row serves all lanes. See hw_threshold.
#ifndef HW_THRESHOLD_HPP
#define HW_THRESHOLD_HPP

#include "stream.hpp"

namespace hw {

template <class C, class X, class Y, class Value, int Depth, int Lanes, int Fields>
void threshold(stream<X> &x, stream<Y> &y, const Value (&rows)[Depth][Lanes][Fields]) {
#pragma HLS ARRAY_PARTITION variable=rows complete dim=2
#pragma HLS ARRAY_PARTITION variable=rows complete dim=3
  static_assert(Fields == C::Levels + 2 && Depth == C::Groups, "a row has the lanes' constants");
  int group = 0, index = 0;

  for (int i = 0; i < C::OutFrameWords; ++i) {
#pragma HLS PIPELINE II=1
    const X in = x.read();
    Y out;
    for (int lane = 0; lane < C::Parallel; ++lane) {
#pragma HLS UNROLL
      const Value(&row)[Fields] = rows[group][C::Shared ? 0 : lane];
      const calc<C::InWidth + 1> value = calc<C::InWidth + 1>(in.lane[lane]);
      const bool falls = row[C::Levels + 1] != 0;
      calc<clog2(C::Levels + 1) + 1> count = 0;
      for (int level = 0; level < C::Levels; ++level) {
#pragma HLS UNROLL
        count += (value > decoded<C::InWidth + 1>(row[level])) != falls ? 1 : 0;
      }
      out.lane[lane] = modular<C::OutWidth>(modular<C::OutWidth>(row[C::Levels]) + modular<C::OutWidth>(count));
    }
    clear_tail<C>(out, index);
    y.write(out);
    advance<C::Groups>(group);
    advance<C::Words>(index);
  }
}

}  // namespace hw

#endif
