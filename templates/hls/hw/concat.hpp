// Passes Words<i> words of input i, one input after the other, over and over, in a common code; the
// last word of the last input has only LastLanes lanes. See hw_concat.
#ifndef HW_CONCAT_HPP
#define HW_CONCAT_HPP

#include "recode.hpp"
#include "stream.hpp"

namespace hw {

namespace detail {

template <recoding Style, class X, class Y>
void pass(stream<X> &x, stream<Y> &y, int lanes) {
#pragma HLS INLINE
  typedef typename Y::element element;
  const X in = x.read();
  Y out;
  for (int lane = 0; lane < Y::lanes; ++lane) {
#pragma HLS UNROLL
    out.lane[lane] = (lane < lanes) ? recode<element, Style>(in.lane[lane]) : element(0);
  }
  y.write(out);
}

}  // namespace detail

}  // namespace hw

#endif
