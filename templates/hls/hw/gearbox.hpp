// Cuts a stream into words of another size.
//
// Elements that always move together are a unit. An input word holds InUnits units, the last of
// every InWords words only InLast; an output word holds OutUnits, the last of every OutWords words
// only OutLast, zero above them. In a step, an input word is taken if fewer units are held than the
// next output word has, and an output word is given if there are enough then. See hw_gearbox.
#ifndef HW_GEARBOX_HPP
#define HW_GEARBOX_HPP

#include "stream.hpp"

namespace hw {

template <class C, class X, class Y>
void gearbox(stream<X> &x, stream<Y> &y) {
  typedef typename Y::element element;
  constexpr int unit = X::lanes / C::InUnits;
  // At most OutUnits - 1 units are held when a word comes.
  constexpr int reach = (C::InUnits + C::OutUnits - 1) * unit;
  element held[reach];
#pragma HLS ARRAY_PARTITION variable=held complete
  for (int i = 0; i < reach; ++i) {
#pragma HLS UNROLL
    held[i] = 0;
  }
  int count = 0, in_word = 0, out_word = 0, taken = 0, given = 0;

  for (int step = 0; step < C::In0FrameWords + C::OutFrameWords; ++step) {
#pragma HLS PIPELINE II=1
    const bool last = out_word == C::OutWords - 1;
    const int leaving = last ? C::OutLast : C::OutUnits;
    if (count < leaving) {
      const X in = x.read();
      for (int i = 0; i < X::lanes; ++i) {
#pragma HLS UNROLL
        held[count * unit + i] = in.lane[i];
      }
      count += (in_word == C::InWords - 1) ? C::InLast : C::InUnits;
      advance<C::InWords>(in_word);
      ++taken;
    }
    if (count >= leaving) {
      Y out;
      for (int i = 0; i < Y::lanes; ++i) {
#pragma HLS UNROLL
        out.lane[i] = (i < leaving * unit) ? held[i] : element(0);
      }
      y.write(out);
      for (int i = 0; i < reach; ++i) {
#pragma HLS UNROLL
        const int from = i + leaving * unit;
        held[i] = (from < reach) ? held[from] : element(0);
      }
      count -= leaving;
      advance<C::OutWords>(out_word);
      ++given;
    }
    if (taken == C::In0FrameWords && given == C::OutFrameWords) break;
  }
}

}  // namespace hw

#endif
