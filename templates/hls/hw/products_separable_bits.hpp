// What a pair adds: the inputs of a kernel that are +1 times the pattern of its columns, row by
// row, or the complements of these counts where a row is -1. A weight is {sign of every row,
// pattern of the columns}; see hw_products_separable_bits. Dot product: 2 * sum - (number of
// inputs) - 2 * (2**n - 1 - Side) * (number of rows -1), where n is the width of a row's count.
#ifndef HW_PRODUCTS_SEPARABLE_BITS_HPP
#define HW_PRODUCTS_SEPARABLE_BITS_HPP

#include "number.hpp"

namespace hw {

struct products_separable_bits {
  template <class C, class W, class X>
  static calc<C::ProductBits> one(const W &w, const X &x) {
#pragma HLS INLINE
    constexpr int side = (C::WBits + 1) / 2;
    const int code = int(w);
    constexpr int most = (1 << clog2(side + 1)) - 1;
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
      int count = 0;
      for (int c = 0; c < side; ++c) {
#pragma HLS UNROLL
        count += int(x.at[r][c]) ^ ((pattern >> c) & 1);
      }
      const bool minus = ((code >> (side - 1 + r)) & 1) != 0;
      sum += calc<C::ProductBits>(minus ? most - count : count);
    }
    return sum;
  }
};

}  // namespace hw

#endif
