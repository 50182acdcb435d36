// Product of two operands, modulo 2**OutWidth.
//
// A bipolar operand (bit 0 means -1) negates the other one; two of them are an xnor, and the result
// is bipolar. See hw_product.
#ifndef HW_PRODUCT_HPP
#define HW_PRODUCT_HPP

#include "recode.hpp"
#include "stream.hpp"

namespace hw {

template <class C, class X0, class X1, class Y>
void product(stream<X0> &x0, stream<X1> &x1, stream<Y> &y) {
  typedef modular<C::OutWidth> product_t;
  int index = 0;

  for (int i = 0; i < C::OutFrameWords; ++i) {
#pragma HLS PIPELINE II=1
    const X0 in0 = x0.read();
    const X1 in1 = x1.read();
    Y out;
    for (int lane = 0; lane < C::Parallel; ++lane) {
#pragma HLS UNROLL
      const bool plus0 = in0.lane[lane] != 0;
      const bool plus1 = in1.lane[lane] != 0;
      const product_t value0 = product_t(in0.lane[lane]);
      const product_t value1 = product_t(in1.lane[lane]);
      if (C::Bipolar0 && C::Bipolar1) {
        out.lane[lane] = (plus0 == plus1) ? product_t(1) : product_t(0);
      } else if (C::Bipolar0) {
        out.lane[lane] = plus0 ? value1 : product_t(product_t(0) - value1);
      } else if (C::Bipolar1) {
        out.lane[lane] = plus1 ? value0 : product_t(product_t(0) - value0);
      } else {
        out.lane[lane] = product_t(value0 * value1);
      }
    }
    clear_tail<C>(out, index);
    y.write(out);
    advance<C::Words>(index);
  }
}

}  // namespace hw

#endif
