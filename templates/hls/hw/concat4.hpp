// Concatenates the channels of 4 streams. See hw_concat4.
#ifndef HW_CONCAT4_HPP
#define HW_CONCAT4_HPP

#include "concat.hpp"

namespace hw {

template <class C, class X0, class X1, class X2, class X3, class Y>
void concat4(stream<X0> &x0, stream<X1> &x1, stream<X2> &x2, stream<X3> &x3, stream<Y> &y) {
  constexpr int words = C::Words0 + C::Words1 + C::Words2 + C::Words3;
  int index = 0;

  for (int i = 0; i < C::OutFrameWords; ++i) {
#pragma HLS PIPELINE II=1
    if (index < C::Words0) {
      detail::pass<C::Recoding0>(x0, y, C::Lanes);
    } else if (index < C::Words0 + C::Words1) {
      detail::pass<C::Recoding1>(x1, y, C::Lanes);
    } else if (index < C::Words0 + C::Words1 + C::Words2) {
      detail::pass<C::Recoding2>(x2, y, C::Lanes);
    } else {
      detail::pass<C::Recoding3>(x3, y, (index == words - 1) ? C::LastLanes : C::Lanes);
    }
    advance<words>(index);
  }
}

}  // namespace hw

#endif
