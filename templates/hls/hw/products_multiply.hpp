// What a pair adds: the product, which DSP blocks can take. Dot product: the sum.
#ifndef HW_PRODUCTS_MULTIPLY_HPP
#define HW_PRODUCTS_MULTIPLY_HPP

#include "number.hpp"

namespace hw {

struct products_multiply {
  template <class C, class W, class X>
  static calc<C::ProductBits> one(const W &w, const X &x) {
#pragma HLS INLINE
    const calc<C::ProductBits> product =
        calc<C::WBits + 1>(w) * calc<C::XBits + 1>(x);
#pragma HLS BIND_OP variable=product op=mul impl=dsp
    return product;
  }
};

}  // namespace hw

#endif
