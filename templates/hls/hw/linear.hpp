// Weighted sum of one or two operands with constant factors: z = +-Factor0 * x0 +- Factor1 * x1 +
// Offset, modulo 2**OutWidth. See hw_linear.
#ifndef HW_LINEAR_HPP
#define HW_LINEAR_HPP

#include "stream.hpp"

namespace hw {

namespace detail {

template <int Bits, class T>
modular<Bits> weighted(const T &x, const modular<Bits> &factor, bool negate) {
#pragma HLS INLINE
  const modular<Bits> product = modular<Bits>(modular<Bits>(x) * factor);
  return negate ? modular<Bits>(modular<Bits>(0) - product) : product;
}

}  // namespace detail

template <class C, class X, class Y>
void linear(stream<X> &x, stream<Y> &y) {
  typedef modular<C::OutWidth> sum_t;
  int index = 0;

  for (int i = 0; i < C::OutFrameWords; ++i) {
#pragma HLS PIPELINE II=1
    const X in = x.read();
    Y out;
    for (int lane = 0; lane < C::Parallel; ++lane) {
#pragma HLS UNROLL
      const sum_t term = detail::weighted<C::OutWidth>(in.lane[lane], sum_t(C::Factor0), C::Negate0);
      out.lane[lane] = sum_t(term + sum_t(C::Offset));
    }
    clear_tail<C>(out, index);
    y.write(out);
    advance<C::Words>(index);
  }
}

template <class C, class X0, class X1, class Y>
void linear(stream<X0> &x0, stream<X1> &x1, stream<Y> &y) {
  typedef modular<C::OutWidth> sum_t;
  int index = 0;

  for (int i = 0; i < C::OutFrameWords; ++i) {
#pragma HLS PIPELINE II=1
    const X0 in0 = x0.read();
    const X1 in1 = x1.read();
    Y out;
    for (int lane = 0; lane < C::Parallel; ++lane) {
#pragma HLS UNROLL
      const sum_t term0 = detail::weighted<C::OutWidth>(in0.lane[lane], sum_t(C::Factor0), C::Negate0);
      const sum_t term1 = detail::weighted<C::OutWidth>(in1.lane[lane], sum_t(C::Factor1), C::Negate1);
      out.lane[lane] = sum_t(term0 + term1 + sum_t(C::Offset));
    }
    clear_tail<C>(out, index);
    y.write(out);
    advance<C::Words>(index);
  }
}

}  // namespace hw

#endif
