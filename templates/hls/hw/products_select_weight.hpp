// What a pair adds: the input for weight +1, its complement ~x for -1, nothing for 0. Weights are
// bipolar (WBits = 1), or -1, 0 and +1 (WBits = 2). Dot product: sum + (number of weights -1).
#ifndef HW_PRODUCTS_SELECT_WEIGHT_HPP
#define HW_PRODUCTS_SELECT_WEIGHT_HPP

#include "number.hpp"

namespace hw {

struct products_select_weight {
  template <class C, class W, class X>
  static calc<C::ProductBits> one(const W &w, const X &x) {
#pragma HLS INLINE
    const calc<C::ProductBits> wide = calc<C::ProductBits>(x);
    const bool used = C::WBits == 1 || w != 0;
    const bool minus = (C::WBits == 1) ? w == 0 : w < 0;
    const calc<C::ProductBits> plain = used ? wide : calc<C::ProductBits>(0);
    return minus ? calc<C::ProductBits>(~plain) : plain;
  }
};

}  // namespace hw

#endif
