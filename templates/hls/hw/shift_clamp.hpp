// One lane's end of a requantizer: shift an exact sum right, clamp it, add an offset. See
// hw_shift_clamp.
#ifndef HW_SHIFT_CLAMP_HPP
#define HW_SHIFT_CLAMP_HPP

#include "number.hpp"

namespace hw {

template <class C, class Sum, class Offset>
modular<C::OutWidth> shift_clamp(const Sum &sum, const Offset &offset) {
#pragma HLS INLINE
  typedef calc<most(C::SumWidth - C::Shift, 33)> value_t;
  const value_t value = value_t(sum >> C::Shift);
  if (!C::Clamp) return modular<C::OutWidth>(value);
  const value_t low = C::Low, high = C::High;
  const value_t clamped = (value < low) ? low : (value > high) ? high : value;
  return modular<C::OutWidth>(modular<C::OutWidth>(clamped) + modular<C::OutWidth>(offset));
}

}  // namespace hw

#endif
