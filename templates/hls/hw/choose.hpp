// Gives the words of one of two streams, as the truth of a frame says. See hw_choose; words of the
// other one come here, too, and are dropped (see gate.hpp).
#ifndef HW_CHOOSE_HPP
#define HW_CHOOSE_HPP

#include "recode.hpp"
#include "stream.hpp"

namespace hw {

template <class C, class X0, class X1, class T, class Y>
void choose(stream<X0> &x0, stream<X1> &x1, stream<T> &truths, stream<Y> &y) {
  typedef typename Y::element element;

  const bool chosen = truths.read().lane[0] != 0;
  for (int index = 0; index < C::Words; ++index) {
#pragma HLS PIPELINE II=1
    const X0 first = x0.read();
    const X1 second = x1.read();
    Y out;
    for (int lane = 0; lane < C::Lanes; ++lane) {
#pragma HLS UNROLL
      out.lane[lane] = chosen ? recode<element, C::Recodings[0]>(first.lane[lane])
                              : recode<element, C::Recodings[1]>(second.lane[lane]);
    }
    y.write(out);
  }
}

}  // namespace hw

#endif
