// In front of a branch. A circuit drops the frames whose truth leads elsewhere (see hw_gate); here
// every frame takes every branch, and what joins them drops the results: streams have as many words
// for each frame.
#ifndef HW_GATE_HPP
#define HW_GATE_HPP

#include "stream.hpp"

namespace hw {

template <class C, class X, class T, class Y>
void gate(stream<X> &x, stream<T> &truths, stream<Y> &y) {
  truths.read();
  for (int index = 0; index < C::Words; ++index) {
#pragma HLS PIPELINE II=1
    const X word = x.read();
    Y out;
    for (int lane = 0; lane < Y::lanes; ++lane) {
#pragma HLS UNROLL
      out.lane[lane] = word.lane[lane];
    }
    y.write(out);
  }
}

}  // namespace hw

#endif
