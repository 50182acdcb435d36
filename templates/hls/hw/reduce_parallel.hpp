// Largest, smallest or sum of the taps of a vector, channel by channel, all taps in one step.
//
// A word holds Taps taps of Parallel channels, tap after tap, for each of Pixels pixels. Lanes behind
// the end of a row are cleared. See hw_reduce_parallel.
#ifndef HW_REDUCE_PARALLEL_HPP
#define HW_REDUCE_PARALLEL_HPP

#include "all_taps.hpp"
#include "reduce.hpp"

namespace hw {

namespace detail {

// reduce_step clears lanes behind the end of a vector; here there are none.
template <class C>
struct all_lanes : C {
  static constexpr int LastLanes = C::Parallel;
};

}  // namespace detail

template <class C, class X, class Y>
void reduce_parallel(stream<X> &x, stream<Y> &y) {
  all_taps<C, detail::reduce_step<detail::all_lanes<C>, typename X::element, typename Y::element>>(
      x, y);
}

}  // namespace hw

#endif
