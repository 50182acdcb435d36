// Quotient of two operands as a fraction of Digits binary digits, rounded, halves away from zero.
//
// Where the magnitude of operand 0 is not below operand 1, which is not negative, the result is
// 2**Digits with the sign of operand 0. Else it is made digit by digit, with one more digit to round
// by. See hw_fraction.
#ifndef HW_FRACTION_HPP
#define HW_FRACTION_HPP

#include "stream.hpp"

namespace hw {

template <class C, class X0, class X1, class Y>
void fraction(stream<X0> &x0, stream<X1> &x1, stream<Y> &y) {
  typedef calc<most(C::InWidth0, C::InWidth1) + 3> number_t;
  typedef calc<C::Digits + 3> share_t;
  int index = 0;

  for (int i = 0; i < C::OutFrameWords; ++i) {
#pragma HLS PIPELINE II=1
    const X0 in0 = x0.read();
    const X1 in1 = x1.read();
    Y out;
    for (int lane = 0; lane < C::Parallel; ++lane) {
#pragma HLS UNROLL
      const number_t value = number_t(in0.lane[lane]);
      const number_t divisor = number_t(in1.lane[lane]);
      const bool minus = value < 0;
      const number_t size = minus ? number_t(-value) : value;
      const bool whole = size >= divisor;
      number_t left = whole ? number_t(0) : size;
      share_t digits = 0;
      for (int round = 0; round < C::Digits + 1; ++round) {
#pragma HLS UNROLL
        left = number_t(left + left);
        const bool fits = left >= divisor;
        if (fits) left = number_t(left - divisor);
        digits = share_t(digits + digits + (fits ? 1 : 0));
      }
      const share_t one = share_t(share_t(1) << C::Digits);
      const share_t share = whole ? one : share_t((digits + 1) >> 1);
      out.lane[lane] = typename Y::element(minus ? share_t(-share) : share);
    }
    clear_tail<C>(out, index);
    y.write(out);
    advance<C::Words>(index);
  }
}

}  // namespace hw

#endif
