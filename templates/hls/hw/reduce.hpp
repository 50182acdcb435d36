// Largest, smallest or sum of the taps of a vector, channel by channel.
//
// Takes the words of tap 0, then those of tap 1, and so on; keeps one accumulator word for each
// word of a tap, and gives the results while it takes the words of the last tap. See hw_reduce.
#ifndef HW_REDUCE_HPP
#define HW_REDUCE_HPP

#include "recode.hpp"
#include "stream.hpp"

namespace hw {

enum class reduction { Max, Min, Sum };

template <class C, class X, class Y>
void reduce(stream<X> &x, stream<Y> &y) {
  constexpr int vectors = C::OutFrameWords / C::Words;
  constexpr recoding style = C::BipolarToInt ? recoding::Bipolar : recoding::Sign;
  typedef typename Y::element element;
  Y sums[C::Words];

  for (int vector = 0; vector < vectors; ++vector) {
    for (int tap = 0; tap < C::Taps; ++tap) {
      for (int index = 0; index < C::Words; ++index) {
#pragma HLS PIPELINE II=1
        const X in = x.read();
        Y out;
        for (int lane = 0; lane < C::Parallel; ++lane) {
#pragma HLS UNROLL
          const bool unused = C::BipolarToInt && lane >= C::LastLanes && index == C::Words - 1;
          const element value = unused ? element(0) : recode<element, style>(in.lane[lane]);
          const element old = (tap == 0) ? value : sums[index].lane[lane];
          if (C::Kind == reduction::Sum) {
            const modular<C::OutBits> before = (tap == 0) ? modular<C::OutBits>(0) : modular<C::OutBits>(old);
            out.lane[lane] = modular<C::OutBits>(before + modular<C::OutBits>(value));
          } else {
            out.lane[lane] = ((value > old) == (C::Kind == reduction::Max)) ? value : old;
          }
        }
        sums[index] = out;
        if (tap == C::Taps - 1) y.write(out);
      }
    }
  }
}

}  // namespace hw

#endif
