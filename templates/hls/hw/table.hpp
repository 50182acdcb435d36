// Table look-up: every lane reads its result at {group, input bits}, one memory per lane, or one for
// all with Shared. The memory has Groups << InWidth rows, ordered by the bits of the input. See
// hw_table.
#ifndef HW_TABLE_HPP
#define HW_TABLE_HPP

#include "stream.hpp"

namespace hw {

template <class C, class X, class Y, class Value, int Depth, int Lanes>
void table(stream<X> &x, stream<Y> &y, const Value (&values)[Depth][Lanes]) {
#pragma HLS ARRAY_PARTITION variable=values complete dim=2
  int group = 0, index = 0;

  for (int i = 0; i < C::OutFrameWords; ++i) {
#pragma HLS PIPELINE II=1
    const X in = x.read();
    Y out;
    for (int lane = 0; lane < C::Parallel; ++lane) {
#pragma HLS UNROLL
      const natural<C::InWidth> code = natural<C::InWidth>(in.lane[lane]);
      const int address = (group << C::InWidth) + static_cast<int>(code);
      out.lane[lane] = values[address][C::Shared ? 0 : lane];
    }
    clear_tail<C>(out, index);
    y.write(out);
    advance<C::Groups>(group);
    advance<C::Words>(index);
  }
}

}  // namespace hw

#endif
