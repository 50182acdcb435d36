// The largest element of a vector, or its position; of equal elements the first.
//
// A vector comes in Words words of Lanes elements, the last with LastLanes. See hw_argmax.
#ifndef HW_ARGMAX_HPP
#define HW_ARGMAX_HPP

#include "stream.hpp"

namespace hw {

template <class C, class X, class Y>
void argmax(stream<X> &x, stream<Y> &y) {
  typedef calc<C::Width + 1> value_t;
  value_t best[C::Lanes] = {};
  int place[C::Lanes] = {};
#pragma HLS ARRAY_PARTITION variable=best complete
#pragma HLS ARRAY_PARTITION variable=place complete

  for (int vector = 0; vector < C::OutFrameWords; ++vector) {
    for (int index = 0; index < C::Words; ++index) {
#pragma HLS PIPELINE II=1
      const X in = x.read();
      for (int lane = 0; lane < C::Lanes; ++lane) {
#pragma HLS UNROLL
        const value_t value = value_t(in.lane[lane]);
        const bool unused = lane >= C::LastLanes && index == C::Words - 1;
        if (index == 0 || (value > best[lane] && !unused)) {
          best[lane] = value;
          place[lane] = index * C::Lanes + lane;
        }
      }
      if (index == C::Words - 1) {
        value_t largest = best[0];
        int first = place[0];
        for (int lane = 1; lane < C::Lanes; ++lane) {
#pragma HLS UNROLL
          // Lanes behind a vector of one word hold nothing.
          const bool empty = C::Words == 1 && lane >= C::LastLanes;
          const bool larger = best[lane] > largest || (best[lane] == largest && place[lane] < first);
          if (larger && !empty) {
            largest = best[lane];
            first = place[lane];
          }
        }
        Y out;
        out.lane[0] = C::GiveIndex ? typename Y::element(first) : typename Y::element(largest);
        y.write(out);
      }
    }
  }
}

}  // namespace hw

#endif
