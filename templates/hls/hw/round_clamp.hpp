// Divides a signed number by 2**Shift and clamps it to [Low, High]: rounded down, to the nearest and
// ties up, or to the nearest and ties to even. See hw_round_clamp.
#ifndef HW_ROUND_CLAMP_HPP
#define HW_ROUND_CLAMP_HPP

#include "number.hpp"

namespace hw {

enum class rounding { Floor, HalfUp, HalfEven };

constexpr rounding rounding_of(bool half_up, bool half_even) {
  return half_even ? rounding::HalfEven : half_up ? rounding::HalfUp : rounding::Floor;
}

template <int InBits, int Shift, rounding Style, int Low, int High, class Value>
calc<33> round_clamp(const Value &value) {
#pragma HLS INLINE
  typedef calc<most(most(InBits + 2, Shift + 2), 34)> wide_t;
  const wide_t one = 1;
  const wide_t add = (Style != rounding::Floor && Shift > 0) ? wide_t(one << (Shift > 0 ? Shift - 1 : 0)) : wide_t(0);
  const wide_t sum = wide_t(wide_t(value) + add);
  wide_t shifted = wide_t(sum >> Shift);
  if (Style == rounding::HalfEven && Shift > 0) {
    const wide_t rest = wide_t(sum - wide_t(shifted * wide_t(one << Shift)));
    const bool odd = (shifted & one) != wide_t(0);
    if (odd && rest == wide_t(0)) shifted = wide_t(shifted - one);
  }
  const wide_t low = Low, high = High;
  return calc<33>((shifted < low) ? low : (shifted > high) ? high : shifted);
}

}  // namespace hw

#endif
