// Sum of the taps of a vector, channel by channel, brought back into a range after every addition,
// all taps in one step.
//
// A word holds Taps taps of Parallel channels, tap after tap, for each of Pixels pixels. Lanes behind
// the end of a row are cleared. See hw_limited_parallel.
#ifndef HW_LIMITED_PARALLEL_HPP
#define HW_LIMITED_PARALLEL_HPP

#include "all_taps.hpp"
#include "limited_sum.hpp"

namespace hw {

template <class C, class X, class Y>
void limited_parallel(stream<X> &x, stream<Y> &y) {
  all_taps<C, detail::limited_step<C, typename X::element, typename Y::element>>(x, y);
}

}  // namespace hw

#endif
