// Every output lane is an input lane in another code, or the constant Fill. See hw_rewire.
#ifndef HW_REWIRE_HPP
#define HW_REWIRE_HPP

#include "recode.hpp"
#include "stream.hpp"

namespace hw {

template <class C, class X, class Y>
void rewire(stream<X> &x, stream<Y> &y) {
  typedef typename Y::element element;

  for (int i = 0; i < C::OutFrameWords; ++i) {
#pragma HLS PIPELINE II=1
    const X in = x.read();
    Y out;
    for (int lane = 0; lane < C::OutLanes; ++lane) {
#pragma HLS UNROLL
      const int source = C::Sources[lane];
      out.lane[lane] = (source == 0xffff)
                           ? element(C::Fill)
                           : recode<element, C::Recoding>(in.lane[(source == 0xffff) ? 0 : source]);
    }
    y.write(out);
  }
}

}  // namespace hw

#endif
