// The number of one lane in the code of another: zeros or the sign above, or a bipolar bit (0 is
// -1, 1 is +1) as a number; see hw_recode.
#ifndef HW_RECODE_HPP
#define HW_RECODE_HPP

#include "number.hpp"

namespace hw {

enum class recoding { Zeros, Sign, Bipolar };

// A bipolar bit as a number.
template <class T>
calc<2> plus_minus(const T &bit) {
  return (bit != 0) ? calc<2>(1) : calc<2>(-1);
}

template <class To, recoding Style, class From>
To recode(const From &x) {
#pragma HLS INLINE
  return (Style == recoding::Bipolar) ? To(plus_minus(x)) : To(x);
}

}  // namespace hw

#endif
