// Another fixed-point format: y = fit(round((x << Left) + B) >> Right).
//
// A lane's constants: B; ones at the digits that are rounded away; to wrap, ones at the digits that
// are kept and a bit that says whether the highest of these is a sign; to saturate or for zero, the
// least and the greatest result. With Shared, one row serves all lanes. See hw_cast.
#ifndef HW_CAST_HPP
#define HW_CAST_HPP

#include "stream.hpp"

namespace hw {

enum class cast_rounding { Constant, TowardsZero, TiesAway, TiesToZero, TiesToEven };
enum class cast_fit { None, Wrap, Saturate, Zero };

namespace detail {

// What makes dropping the digits of the mask the rounding of the number.
template <cast_rounding Rounding, class Sum>
Sum raised(const Sum &number, const Sum &mask) {
#pragma HLS INLINE
  const Sum below = Sum(mask >> 1), middle = Sum(mask ^ below), step = Sum(mask + Sum(1));
  const bool negative = number < Sum(0);
  if (Rounding == cast_rounding::TowardsZero) return negative ? mask : Sum(0);
  if (Rounding == cast_rounding::TiesAway) return negative ? below : middle;
  if (Rounding == cast_rounding::TiesToZero) return negative ? middle : below;
  if (Rounding == cast_rounding::TiesToEven) {
    return (mask != Sum(0) && Sum(number & step) != Sum(0)) ? middle : below;
  }
  return Sum(0);
}

}  // namespace detail

template <class C, class X, class Y, class Value, int Depth, int Lanes, int Fields>
void cast(stream<X> &x, stream<Y> &y, const Value (&rows)[Depth][Lanes][Fields]) {
#pragma HLS ARRAY_PARTITION variable=rows complete dim=2
#pragma HLS ARRAY_PARTITION variable=rows complete dim=3
  static_assert(Fields == (C::Fit == cast_fit::None ? 2 : 4), "a row has the lanes' constants");
  typedef calc<most(C::SumWidth, C::OutWidth) + 2> sum_t;
  int group = 0, index = 0;

  for (int i = 0; i < C::OutFrameWords; ++i) {
#pragma HLS PIPELINE II=1
    const X in = x.read();
    Y out;
    for (int lane = 0; lane < C::Parallel; ++lane) {
#pragma HLS UNROLL
      const Value(&row)[Fields] = rows[group][C::Shared ? 0 : lane];
      const sum_t scaled = sum_t(sum_t(in.lane[lane]) * (sum_t(1) << C::Left));
      const sum_t number = sum_t(scaled + sum_t(decoded<C::BiasWidth>(row[0])));
      const sum_t mask = sum_t(row[1]);
      const sum_t rounded = sum_t(number + detail::raised<C::Rounding>(number, mask));
      const sum_t value = sum_t(sum_t(rounded & sum_t(~mask)) >> C::Right);
      sum_t result = value;
      if (C::Fit == cast_fit::Wrap) {
        const sum_t keep = sum_t(row[Fields - 2]);
        const sum_t kept = sum_t(value & keep);
        const bool high = sum_t(kept & sum_t(keep ^ sum_t(keep >> 1))) != sum_t(0);
        result = (row[Fields - 1] != 0 && high) ? sum_t(kept - keep - sum_t(1)) : kept;
      } else if (C::Fit != cast_fit::None) {
        const sum_t low = sum_t(decoded<C::OutWidth + 1>(row[Fields - 2]));
        const sum_t high = sum_t(decoded<C::OutWidth + 1>(row[Fields - 1]));
        const bool zero = C::Fit == cast_fit::Zero;
        if (value < low) result = zero ? sum_t(0) : low;
        if (value > high) result = zero ? sum_t(0) : high;
      }
      out.lane[lane] = result;
    }
    clear_tail<C>(out, index);
    y.write(out);
    advance<C::Groups>(group);
    advance<C::Words>(index);
  }
}

}  // namespace hw

#endif
