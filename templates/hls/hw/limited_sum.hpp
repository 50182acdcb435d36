// Sum of the taps of a vector, channel by channel, brought back into a range after every addition.
//
// Takes the words of tap 0, then those of tap 1, and so on; gives the results while it takes the
// words of the last tap. A sum below -Lowest or above Highest becomes that end, or 0 with ToZero:
// what an accumulator does that saturates. See hw_limited_sum.
#ifndef HW_LIMITED_SUM_HPP
#define HW_LIMITED_SUM_HPP

#include "by_tap.hpp"

namespace hw {

namespace detail {

template <class C, class X, class Y>
struct limited_step {
  typedef calc<most(C::InBits, C::OutBits) + 2> sum_t;
  static constexpr int LastLanes = C::Parallel;

  static Y next(const X &in, const Y &before, bool first, bool) {
#pragma HLS INLINE
    const sum_t low = sum_t(sum_t(0) - sum_t(C::Lowest)), high = sum_t(C::Highest);
    const sum_t total = sum_t((first ? sum_t(0) : sum_t(before)) + sum_t(in));
    sum_t fitted = total;
    if (total < low) fitted = C::ToZero ? sum_t(0) : low;
    if (total > high) fitted = C::ToZero ? sum_t(0) : high;
    return Y(fitted);
  }
};

}  // namespace detail

template <class C, class X, class Y>
void limited_sum(stream<X> &x, stream<Y> &y) {
  by_tap<C, detail::limited_step<C, typename X::element, typename Y::element>>(x, y);
}

}  // namespace hw

#endif
