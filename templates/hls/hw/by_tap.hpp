// What goes through the taps of vectors with one result per channel has in common; see hw_by_tap.
#ifndef HW_BY_TAP_HPP
#define HW_BY_TAP_HPP

#include "stream.hpp"

namespace hw {

// Takes the words of tap 0, then those of tap 1, and so on; gives the results while it takes the
// words of the last tap. Step::next(in, before, first, unused) is a lane's new result: `before` is
// its last one, which means nothing at the `first` tap, and `unused` lanes are behind the end.
template <class C, class Step, class X, class Y>
void by_tap(stream<X> &x, stream<Y> &y) {
#pragma HLS INLINE
  constexpr int vectors = C::OutFrameWords / C::Words;
  Y results[C::Words];

  for (int vector = 0; vector < vectors; ++vector) {
    for (int tap = 0; tap < C::Taps; ++tap) {
      for (int index = 0; index < C::Words; ++index) {
#pragma HLS PIPELINE II=1
        const X in = x.read();
        Y out;
        for (int lane = 0; lane < C::Parallel; ++lane) {
#pragma HLS UNROLL
          const bool unused = lane >= Step::LastLanes && index == C::Words - 1;
          out.lane[lane] = Step::next(in.lane[lane], results[index].lane[lane], tap == 0, unused);
        }
        results[index] = out;
        if (tap == C::Taps - 1) y.write(out);
      }
    }
  }
}

}  // namespace hw

#endif
