// Concatenates the channels of 2 streams. See hw_concat2.
#ifndef HW_CONCAT2_HPP
#define HW_CONCAT2_HPP

#include "concat.hpp"

namespace hw {

template <class C, class X0, class X1, class Y>
void concat2(stream<X0> &x0, stream<X1> &x1, stream<Y> &y) {
  constexpr int words = C::Words0 + C::Words1;
  int index = 0;

  for (int i = 0; i < C::OutFrameWords; ++i) {
#pragma HLS PIPELINE II=1
    if (index < C::Words0) {
      detail::pass<C::Recoding0>(x0, y, C::Lanes);
    } else {
      detail::pass<C::Recoding1>(x1, y, (index == words - 1) ? C::LastLanes : C::Lanes);
    }
    advance<words>(index);
  }
}

}  // namespace hw

#endif
