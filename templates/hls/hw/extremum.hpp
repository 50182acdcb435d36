// The greater (Greatest) or the smaller of two operands.
//
// A bipolar operand (bit 0 means -1) is compared as -1 or 1; two of them come as plain bits. See
// hw_extremum.
#ifndef HW_EXTREMUM_HPP
#define HW_EXTREMUM_HPP

#include "recode.hpp"
#include "stream.hpp"

namespace hw {

template <class C, class X0, class X1, class Y>
void extremum(stream<X0> &x0, stream<X1> &x1, stream<Y> &y) {
  typedef calc<most(most(C::InWidth0, C::InWidth1), C::OutWidth) + 1> value_t;
  int index = 0;

  for (int i = 0; i < C::OutFrameWords; ++i) {
#pragma HLS PIPELINE II=1
    const X0 in0 = x0.read();
    const X1 in1 = x1.read();
    Y out;
    for (int lane = 0; lane < C::Parallel; ++lane) {
#pragma HLS UNROLL
      const value_t value0 = C::Bipolar0 ? value_t(plus_minus(in0.lane[lane])) : value_t(in0.lane[lane]);
      const value_t value1 = C::Bipolar1 ? value_t(plus_minus(in1.lane[lane])) : value_t(in1.lane[lane]);
      out.lane[lane] = ((value0 > value1) == C::Greatest) ? value0 : value1;
    }
    clear_tail<C>(out, index);
    y.write(out);
    advance<C::Words>(index);
  }
}

}  // namespace hw

#endif
