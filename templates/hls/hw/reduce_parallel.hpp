// Largest, smallest or sum of the taps of a vector, channel by channel, all taps in one step.
//
// A word holds Taps taps of Parallel channels, tap after tap, for each of Pixels pixels. Lanes behind
// the end of a row are cleared. See hw_reduce_parallel.
#ifndef HW_REDUCE_PARALLEL_HPP
#define HW_REDUCE_PARALLEL_HPP

#include "reduce.hpp"
#include "stream.hpp"

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
  typedef typename Y::element element;
  typedef detail::reduce_step<detail::all_lanes<C>, typename X::element, element> step_t;
  int index = 0;

  for (int step = 0; step < C::OutFrameWords; ++step) {
#pragma HLS PIPELINE II=1
    const X in = x.read();
    Y out;
    for (int q = 0; q < C::Pixels; ++q) {
#pragma HLS UNROLL
      for (int lane = 0; lane < C::Parallel; ++lane) {
#pragma HLS UNROLL
        element value = element(0);
        for (int t = 0; t < C::Taps; ++t) {
#pragma HLS UNROLL
          const auto &tap = in.lane[(q * C::Taps + t) * C::Parallel + lane];
          value = step_t::next(tap, value, t == 0, false);
        }
        out.lane[q * C::Parallel + lane] = value;
      }
    }
    clear_tail<C>(out, index);
    y.write(out);
    advance<C::Words>(index);
  }
}

}  // namespace hw

#endif
