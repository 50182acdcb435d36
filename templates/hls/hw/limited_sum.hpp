// Sum of the taps of a vector, channel by channel, brought back into a range after every addition.
//
// Takes the words of tap 0, then those of tap 1, and so on; gives the results while it takes the
// words of the last tap. A sum below -Lowest or above Highest becomes that end, or 0 with ToZero:
// what an accumulator does that saturates. See hw_limited_sum.
#ifndef HW_LIMITED_SUM_HPP
#define HW_LIMITED_SUM_HPP

#include "stream.hpp"

namespace hw {

template <class C, class X, class Y>
void limited_sum(stream<X> &x, stream<Y> &y) {
  typedef calc<most(C::InBits, C::OutBits) + 2> sum_t;
  constexpr int vectors = C::OutFrameWords / C::Words;
  const sum_t low = sum_t(sum_t(0) - sum_t(C::Lowest)), high = sum_t(C::Highest);
  Y sums[C::Words];

  for (int vector = 0; vector < vectors; ++vector) {
    for (int tap = 0; tap < C::Taps; ++tap) {
      for (int index = 0; index < C::Words; ++index) {
#pragma HLS PIPELINE II=1
        const X in = x.read();
        Y out;
        for (int lane = 0; lane < C::Parallel; ++lane) {
#pragma HLS UNROLL
          const sum_t before = (tap == 0) ? sum_t(0) : sum_t(sums[index].lane[lane]);
          const sum_t total = sum_t(before + sum_t(in.lane[lane]));
          sum_t fitted = total;
          if (total < low) fitted = C::ToZero ? sum_t(0) : low;
          if (total > high) fitted = C::ToZero ? sum_t(0) : high;
          out.lane[lane] = fitted;
        }
        sums[index] = out;
        if (tap == C::Taps - 1) y.write(out);
      }
    }
  }
}

}  // namespace hw

#endif
