// Largest, smallest or sum of the taps of a vector, channel by channel.
//
// Takes the words of tap 0, then those of tap 1, and so on; keeps one accumulator word for each
// word of a tap, and gives the results while it takes the words of the last tap. See hw_reduce.
#ifndef HW_REDUCE_HPP
#define HW_REDUCE_HPP

#include "by_tap.hpp"
#include "recode.hpp"

namespace hw {

enum class reduction { Max, Min, Sum };

namespace detail {

template <class C, class X, class Y>
struct reduce_step {
  static constexpr recoding style = C::BipolarToInt ? recoding::Bipolar : recoding::Sign;
  static constexpr int LastLanes = C::BipolarToInt ? C::LastLanes : C::Parallel;

  static Y next(const X &in, const Y &before, bool first, bool unused) {
#pragma HLS INLINE
    typedef modular<C::OutBits> sum_t;
    const Y value = unused ? Y(0) : recode<Y, style>(in);
    if (C::Kind == reduction::Sum) {
      return Y(sum_t((first ? sum_t(0) : sum_t(before)) + sum_t(value)));
    }
    if (first) return value;
    return ((value > before) == (C::Kind == reduction::Max)) ? value : before;
  }
};

}  // namespace detail

template <class C, class X, class Y>
void reduce(stream<X> &x, stream<Y> &y) {
  by_tap<C, detail::reduce_step<C, typename X::element, typename Y::element>>(x, y);
}

}  // namespace hw

#endif
