// What a pair adds: the input, shifted by a weight that is a sum of Powers powers of two.
//
// A weight has Powers terms side by side, term 0 lowest, of {negative, field} each. A field of zero
// is no term; else a term is 2**(Powers - 1 - its number + ~field), negated if negative.
// Dot product: the sum.
#ifndef HW_PRODUCTS_SHIFT_HPP
#define HW_PRODUCTS_SHIFT_HPP

#include "number.hpp"

namespace hw {

template <int Powers>
struct products_shift {
  template <class C, class W, class X>
  static calc<C::ProductBits> one(const W &w, const X &x) {
#pragma HLS INLINE
    constexpr int term_bits = C::WBits / Powers;
    constexpr int last = (1 << (term_bits - 1)) - 1;
    const int code = int(w);
    calc<C::ProductBits> sum = 0;
    for (int n = 0; n < Powers; ++n) {
#pragma HLS UNROLL
      const int part = code >> (n * term_bits);
      const int field = part & last;
      const bool minus = ((part >> (term_bits - 1)) & 1) != 0;
      const calc<C::XBits + 1> wide = calc<C::XBits + 1>(x);
      const calc<C::XBits + 1> chosen = minus ? calc<C::XBits + 1>(-wide) : wide;
      const int places = Powers - 1 - n + last - field;
      const calc<C::ProductBits> shifted =
          calc<C::ProductBits>(modular<C::ProductBits>(calc<C::ProductBits>(chosen)) << places);
      sum += field != 0 ? shifted : calc<C::ProductBits>(0);
    }
    return sum;
  }
};

}  // namespace hw

#endif
