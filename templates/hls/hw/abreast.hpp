// Puts the lanes of operand 1 above those of operand 0, in a common code. See hw_abreast.
#ifndef HW_ABREAST_HPP
#define HW_ABREAST_HPP

#include "recode.hpp"
#include "stream.hpp"

namespace hw {

template <class C, class X0, class X1, class Y>
void abreast(stream<X0> &x0, stream<X1> &x1, stream<Y> &y) {
  typedef typename Y::element element;

  for (int i = 0; i < C::OutFrameWords; ++i) {
#pragma HLS PIPELINE II=1
    const X0 in0 = x0.read();
    const X1 in1 = x1.read();
    Y out;
    for (int lane = 0; lane < C::Lanes0; ++lane) {
#pragma HLS UNROLL
      out.lane[lane] = recode<element, C::Recoding0>(in0.lane[lane]);
    }
    for (int lane = 0; lane < C::Lanes1; ++lane) {
#pragma HLS UNROLL
      out.lane[C::Lanes0 + lane] = recode<element, C::Recoding1>(in1.lane[lane]);
    }
    y.write(out);
  }
}

}  // namespace hw

#endif
