// What a pair adds: 1 when the bits agree. Dot product: 2 * sum - (number of pairs).
#ifndef HW_PRODUCTS_AGREE_HPP
#define HW_PRODUCTS_AGREE_HPP

#include "number.hpp"

namespace hw {

struct products_agree {
  template <class C, class W, class X>
  static calc<C::ProductBits> one(const W &w, const X &x) {
#pragma HLS INLINE
    return calc<C::ProductBits>(calc<2>(w) == calc<2>(x) ? 1 : 0);
  }
};

}  // namespace hw

#endif
