// Square root of every element, rounded down, with Digits binary digits behind the point.
//
// Digit by digit, from the greatest: with each, two bits of the number join the remainder, and
// 4 * root + 1 is subtracted where it fits. See hw_square_root.
#ifndef HW_SQUARE_ROOT_HPP
#define HW_SQUARE_ROOT_HPP

#include "stream.hpp"

namespace hw {

template <class C, class X, class Y>
void square_root(stream<X> &x, stream<Y> &y) {
  constexpr int rounds = (C::InWidth + 1) / 2 + C::Digits;
  typedef modular<C::InWidth + 2> number_t;
  typedef modular<rounds + 3> root_t;
  int index = 0;

  for (int i = 0; i < C::OutFrameWords; ++i) {
#pragma HLS PIPELINE II=1
    const X in = x.read();
    Y out;
    for (int lane = 0; lane < C::Parallel; ++lane) {
#pragma HLS UNROLL
      const number_t number = number_t(in.lane[lane]);
      root_t left = 0, root = 0;
      for (int round = 0; round < rounds; ++round) {
#pragma HLS UNROLL
        // Behind the number's own bits there are zeros.
        const int place = 2 * ((C::InWidth + 1) / 2 - 1 - round);
        const int bits = (place < 0) ? 0 : static_cast<int>((number >> most(place, 0)) & 3);
        left = root_t(root_t(left << 2) + root_t(bits));
        const root_t tried = root_t(root_t(root << 2) + root_t(1));
        const bool fits = left >= tried;
        if (fits) left = root_t(left - tried);
        root = root_t(root_t(root << 1) + root_t(fits ? 1 : 0));
      }
      out.lane[lane] = typename Y::element(root);
    }
    clear_tail<C>(out, index);
    y.write(out);
    advance<C::Words>(index);
  }
}

}  // namespace hw

#endif
