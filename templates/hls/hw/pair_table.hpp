// Table look-up by two operands, at {operand 1, operand 0}; one table serves all lanes. See
// hw_pair_table.
#ifndef HW_PAIR_TABLE_HPP
#define HW_PAIR_TABLE_HPP

#include "stream.hpp"

namespace hw {

template <class C, class X0, class X1, class Y, class Value, int Depth>
void pair_table(stream<X0> &x0, stream<X1> &x1, stream<Y> &y, const Value (&values)[Depth][1]) {
  int index = 0;

  for (int i = 0; i < C::OutFrameWords; ++i) {
#pragma HLS PIPELINE II=1
    const X0 in0 = x0.read();
    const X1 in1 = x1.read();
    Y out;
    for (int lane = 0; lane < C::Parallel; ++lane) {
#pragma HLS UNROLL
      const int code0 = static_cast<int>(natural<C::InWidth0>(in0.lane[lane]));
      const int code1 = static_cast<int>(natural<C::InWidth1>(in1.lane[lane]));
      out.lane[lane] = values[(code1 << C::InWidth0) + code0][0];
    }
    clear_tail<C>(out, index);
    y.write(out);
    advance<C::Words>(index);
  }
}

}  // namespace hw

#endif
