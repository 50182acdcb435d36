// Gives a frame and keeps it, or gives the frame again that was kept last, as a truth says. Before
// the first frame that was taken, all elements are Start. See hw_hold; words of frames that are not
// taken come here, too (see gate.hpp).
#ifndef HW_HOLD_HPP
#define HW_HOLD_HPP

#include "recode.hpp"
#include "stream.hpp"

namespace hw {

template <class C, class X, class T, class Y>
void hold(stream<X> &x, stream<T> &truths, stream<Y> &y) {
  typedef typename Y::element element;
  static X kept[C::Words];
  static bool known = false;

  const bool takes = truths.read().lane[0] != 0;
  known = known || takes;
  for (int index = 0; index < C::Words; ++index) {
#pragma HLS PIPELINE II=1
    const X word = x.read();
    if (takes) kept[index] = word;
    const X given = kept[index];
    Y out;
    for (int lane = 0; lane < C::Lanes; ++lane) {
#pragma HLS UNROLL
      out.lane[lane] =
          known ? recode<element, C::Recoding>(given.lane[lane]) : element(C::Start);
    }
    y.write(out);
  }
}

}  // namespace hw

#endif
