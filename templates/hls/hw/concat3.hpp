// Concatenates the channels of 3 streams. See hw_concat3.
#ifndef HW_CONCAT3_HPP
#define HW_CONCAT3_HPP

#include "concat.hpp"

namespace hw {

template <class C, class X0, class X1, class X2, class Y>
void concat3(stream<X0> &x0, stream<X1> &x1, stream<X2> &x2, stream<Y> &y) {
  constexpr int words = C::Words0 + C::Words1 + C::Words2;
  int index = 0;

  for (int i = 0; i < C::OutFrameWords; ++i) {
#pragma HLS PIPELINE II=1
    if (index < C::Words0) {
      detail::pass<C::Recoding0>(x0, y, C::Lanes);
    } else if (index < C::Words0 + C::Words1) {
      detail::pass<C::Recoding1>(x1, y, C::Lanes);
    } else {
      detail::pass<C::Recoding2>(x2, y, (index == words - 1) ? C::LastLanes : C::Lanes);
    }
    advance<words>(index);
  }
}

}  // namespace hw

#endif
