// Sum of the taps of a vector, channel by channel, rounded after every addition.
//
// Takes the words of tap 0, then those of tap 1, and so on; gives the results while it takes the
// words of the last tap. Every sum keeps its first `Digits` significant binary digits, to nearest,
// ties to even. See hw_rounded_sum.
#ifndef HW_ROUNDED_SUM_HPP
#define HW_ROUNDED_SUM_HPP

#include "by_tap.hpp"

namespace hw {

namespace detail {

// `total` rounded to Digits significant digits of Bits bits at most.
template <int Digits, int Bits>
calc<Bits + 1> rounded(const calc<Bits + 1> &total) {
#pragma HLS INLINE
  typedef calc<Bits + 1> sum_t;
  // Of a negative number one less: only a power of two has other digits, and rounds to itself.
  const sum_t magnitude = (total < sum_t(0)) ? sum_t(~total) : total;
  sum_t result = total;
  for (int dropped = 1; dropped <= most(Bits - Digits, 0); ++dropped) {
#pragma HLS UNROLL
    const int digit = Digits + dropped - 1;
    if ((magnitude >> digit) != sum_t(0)) {
      const sum_t odd = sum_t((total >> dropped) & sum_t(1));
      const sum_t below = sum_t((sum_t(1) << (dropped - 1)) - sum_t(1));
      result = sum_t((sum_t(total + below + odd) >> dropped) * (sum_t(1) << dropped));
    }
  }
  return result;
}

template <class C, class X, class Y>
struct rounded_step {
  typedef calc<C::OutBits + 1> sum_t;
  static constexpr int LastLanes = C::Parallel;
  // Digits of the largest magnitude.
  static constexpr int Width = C::Signed ? C::OutBits - 1 : C::OutBits;

  static Y next(const X &in, const Y &before, bool first, bool) {
#pragma HLS INLINE
    const sum_t total = sum_t((first ? sum_t(0) : sum_t(before)) + sum_t(in));
    return Y(rounded<C::Digits, Width>(calc<Width + 1>(total)));
  }
};

}  // namespace detail

template <class C, class X, class Y>
void rounded_sum(stream<X> &x, stream<Y> &y) {
  by_tap<C, detail::rounded_step<C, typename X::element, typename Y::element>>(x, y);
}

}  // namespace hw

#endif
