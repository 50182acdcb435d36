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
        factor<C::WBits + 1, C::ProductBits>(w) * factor<C::XBits + 1, C::ProductBits>(x);
#pragma HLS BIND_OP variable=product op=mul impl=dsp
    return product;
  }
};

}  // namespace hw

#endif
