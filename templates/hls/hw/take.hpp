// Pixels of a frame by their numbers.
//
// A frame has Pixels pixels of Words words each, and Count numbers of pixels come as another stream.
// The output is the words of pixel after pixel, as the numbers say. See hw_take.
#ifndef HW_TAKE_HPP
#define HW_TAKE_HPP

#include "stream.hpp"

namespace hw {

template <class C, class X, class P, class Y>
void take(stream<X> &x, stream<P> &places, stream<Y> &y) {
  X frame[C::Pixels * C::Words];
#pragma HLS BIND_STORAGE variable=frame type=ram_s2p

  for (int index = 0; index < C::Pixels * C::Words; ++index) {
#pragma HLS PIPELINE II=1
    frame[index] = x.read();
  }
  for (int taken = 0; taken < C::Count; ++taken) {
    const int place = static_cast<int>(places.read().lane[0]);
    for (int index = 0; index < C::Words; ++index) {
#pragma HLS PIPELINE II=1
      const X word = frame[place * C::Words + index];
      Y out;
      for (int lane = 0; lane < X::lanes; ++lane) {
#pragma HLS UNROLL
        out.lane[lane] = word.lane[lane];
      }
      y.write(out);
    }
  }
}

}  // namespace hw

#endif
