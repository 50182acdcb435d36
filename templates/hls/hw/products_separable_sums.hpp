// What a pair adds: sums of the rows of a kernel's inputs times the pattern of its columns, or
// their complements where a row is -1. A weight is {sign of every row, pattern of the columns}; see
// hw_products_separable_sums. Dot product: sum + (number of rows -1).
#ifndef HW_PRODUCTS_SEPARABLE_SUMS_HPP
#define HW_PRODUCTS_SEPARABLE_SUMS_HPP

#include "number.hpp"

namespace hw {

struct products_separable_sums {
  template <class C, class W, class X>
  static calc<C::ProductBits> one(const W &w, const X &x) {
#pragma HLS INLINE
    constexpr int side = (C::WBits + 1) / 2;
    const int code = int(w);
    // Signs of the columns; that of column 0 makes the number of -1 even where the side is odd.
    int pattern = (code & ((1 << (side - 1)) - 1)) << 1;
    int odd = 0;
    for (int c = 1; c < side; ++c) {
#pragma HLS UNROLL
      odd ^= (pattern >> c) & 1;
    }
    pattern |= (side % 2 == 1) ? odd : 0;
    calc<C::ProductBits> sum = 0;
    for (int r = 0; r < side; ++r) {
#pragma HLS UNROLL
      calc<C::ProductBits> row = 0;
      for (int c = 0; c < side; ++c) {
#pragma HLS UNROLL
        const calc<C::ProductBits> wide = calc<C::ProductBits>(x.at[r][c]);
        row += ((pattern >> c) & 1) != 0 ? calc<C::ProductBits>(-wide) : wide;
      }
      const bool minus = ((code >> (side - 1 + r)) & 1) != 0;
      sum += minus ? calc<C::ProductBits>(~row) : row;
    }
    return sum;
  }
};

}  // namespace hw

#endif
