// Sum of the taps of a vector, channel by channel, rounded after every addition,
// all taps in one step.
//
// A word holds Taps taps of Parallel channels, tap after tap, for each of Pixels pixels. Lanes behind
// the end of a row are cleared. See hw_rounded_parallel.
#ifndef HW_ROUNDED_PARALLEL_HPP
#define HW_ROUNDED_PARALLEL_HPP

#include "all_taps.hpp"
#include "rounded_sum.hpp"

namespace hw {

template <class C, class X, class Y>
void rounded_parallel(stream<X> &x, stream<Y> &y) {
  all_taps<C, detail::rounded_step<C, typename X::element, typename Y::element>>(x, y);
}

}  // namespace hw

#endif
