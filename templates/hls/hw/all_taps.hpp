// What reductions share that take all taps of some channels in one step: a word holds Taps taps of
// Parallel channels, tap after tap, for each of Pixels pixels; lanes behind the end of a row are
// cleared. Step::next adds a tap to what the ones before it left.
#ifndef HW_ALL_TAPS_HPP
#define HW_ALL_TAPS_HPP

#include "stream.hpp"

namespace hw {

template <class C, class Step, class X, class Y>
void all_taps(stream<X> &x, stream<Y> &y) {
  int index = 0;

  for (int step = 0; step < C::OutFrameWords; ++step) {
#pragma HLS PIPELINE II=1
    const X in = x.read();
    Y out;
    for (int q = 0; q < C::Pixels; ++q) {
#pragma HLS UNROLL
      for (int lane = 0; lane < C::Parallel; ++lane) {
#pragma HLS UNROLL
        typename Y::element value = typename Y::element(0);
        for (int t = 0; t < C::Taps; ++t) {
#pragma HLS UNROLL
          const auto &tap = in.lane[(q * C::Taps + t) * C::Parallel + lane];
          value = Step::next(tap, value, t == 0, false);
        }
        out.lane[q * C::Parallel + lane] = value;
      }
    }
    clear_tail<C>(out, index);
    y.write(out);
    advance<C::Words>(index);
  }
}

}  // namespace hw

#endif
