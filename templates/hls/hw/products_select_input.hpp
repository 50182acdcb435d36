// What a pair adds: its weight, when the bipolar input is +1. Dot product: 2 * sum - (sum of the
// weights).
#ifndef HW_PRODUCTS_SELECT_INPUT_HPP
#define HW_PRODUCTS_SELECT_INPUT_HPP

#include "number.hpp"

namespace hw {

struct products_select_input {
  template <class C, class W, class X>
  static calc<C::ProductBits> one(const W &w, const X &x) {
#pragma HLS INLINE
    const calc<C::ProductBits> weight = calc<C::ProductBits>(w);
    return (x != 0) ? weight : calc<C::ProductBits>(0);
  }
};

}  // namespace hw

#endif
