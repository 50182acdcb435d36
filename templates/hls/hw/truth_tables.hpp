// Neurons that each read FanIn lanes of a word, by tables of their answers: the address is made of
// the bits of the lanes, the first in the least significant ones. See hw_truth_tables.
#ifndef HW_TRUTH_TABLES_HPP
#define HW_TRUTH_TABLES_HPP

#include "stream.hpp"

namespace hw {

template <class C, class X, class Y, class Value, int Neurons, int Entries>
void truth_tables(stream<X> &x, stream<Y> &y, const Value (&answers)[Neurons][Entries]) {
#pragma HLS ARRAY_PARTITION variable=answers complete dim=1

  for (int i = 0; i < C::OutFrameWords; ++i) {
#pragma HLS PIPELINE II=1
    const X in = x.read();
    Y out;
    for (int n = 0; n < Neurons; ++n) {
#pragma HLS UNROLL
      int address = 0;
      for (int source = 0; source < C::FanIn; ++source) {
#pragma HLS UNROLL
        const int lane = C::Sources[n * C::FanIn + source];
        if (lane != 0xffff) {
          const natural<C::InWidth> code = natural<C::InWidth>(in.lane[lane]);
          address += static_cast<int>(code) << (source * C::InWidth);
        }
      }
      out.lane[n] = answers[n][address];
    }
    y.write(out);
  }
}

}  // namespace hw

#endif
