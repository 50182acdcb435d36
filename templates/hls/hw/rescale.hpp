// Requantizer without a multiplier: y = floor + clamp(((+-x << Left) + B) >> Shift, Low, High).
//
// A lane's constants: B, a bit that negates x, and with RowFloor the lane's floor. With Shared, one
// row serves all lanes. With HalfEven, an odd result of the shift that drops nothing but zeros is
// one less. See hw_rescale.
#ifndef HW_RESCALE_HPP
#define HW_RESCALE_HPP

#include "shift_clamp.hpp"
#include "stream.hpp"

namespace hw {

template <class C, class X, class Y, class Value, int Depth, int Lanes, int Fields>
void rescale(stream<X> &x, stream<Y> &y, const Value (&rows)[Depth][Lanes][Fields]) {
#pragma HLS ARRAY_PARTITION variable=rows complete dim=2
#pragma HLS ARRAY_PARTITION variable=rows complete dim=3
  static_assert(Fields == (C::RowFloor ? 3 : 2), "a row has the lanes' constants");
  int group = 0, index = 0;

  for (int i = 0; i < C::OutFrameWords; ++i) {
#pragma HLS PIPELINE II=1
    const X in = x.read();
    Y out;
    for (int lane = 0; lane < C::Parallel; ++lane) {
#pragma HLS UNROLL
      const Value(&row)[Fields] = rows[group][C::Shared ? 0 : lane];
      const calc<C::SumWidth> value = calc<C::SumWidth>(in.lane[lane]);
      const calc<C::SumWidth> scaled = calc<C::SumWidth>(value * (calc<C::SumWidth>(1) << C::Left));
      const calc<C::SumWidth> turned = (row[1] != 0) ? calc<C::SumWidth>(-scaled) : scaled;
      const calc<C::SumWidth> sum =
          calc<C::SumWidth>(turned + calc<C::SumWidth>(decoded<C::BiasWidth>(row[0])));
      // One less makes an odd number of steps and nothing else the last value of the step before.
      const calc<C::SumWidth> step = calc<C::SumWidth>(1) << C::Shift;
      const bool tie = C::HalfEven && (sum & calc<C::SumWidth>(2 * step - 1)) == step;
      const modular<C::OutWidth> offset = modular<C::OutWidth>(C::RowFloor ? row[Fields - 1] : Value(0));
      out.lane[lane] = shift_clamp<C>(calc<C::SumWidth>(sum - (tie ? 1 : 0)), offset);
    }
    clear_tail<C>(out, index);
    y.write(out);
    advance<C::Groups>(group);
    advance<C::Words>(index);
  }
}

}  // namespace hw

#endif
