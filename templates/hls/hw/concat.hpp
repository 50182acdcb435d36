// Concatenates the channels of streams: passes Words[0] words of input 0, then Words[1] of input 1,
// and so on, over and over, all in the code of the output. The last word of the last input has only
// LastLanes elements. The streams are the inputs, and behind them the output. See hw_concat.
#ifndef HW_CONCAT_HPP
#define HW_CONCAT_HPP

#include "recode.hpp"
#include "stream.hpp"

namespace hw {

namespace detail {

template <class Y>
stream<Y> &last_of(stream<Y> &y) {
#pragma HLS INLINE
  return y;
}

template <class X, class... Rest>
auto &last_of(stream<X> &, Rest &...rest) {
#pragma HLS INLINE
  return last_of(rest...);
}

template <recoding Style, class X, class Y>
void pass(stream<X> &x, stream<Y> &y, bool ragged, int lanes) {
#pragma HLS INLINE
  typedef typename Y::element element;
  const X in = x.read();
  Y out;
  for (int lane = 0; lane < Y::lanes; ++lane) {
#pragma HLS UNROLL
    const bool unused = ragged && lane >= lanes;
    out.lane[lane] = unused ? element(0) : recode<element, Style>(in.lane[lane]);
  }
  y.write(out);
}

// The last input, and the output.
template <class C, int Input, class X, class Y>
void take_turn(int, int index, stream<X> &x, stream<Y> &y) {
#pragma HLS INLINE
  pass<C::Recodings[Input]>(x, y, index == C::Words[Input] - 1, C::LastLanes);
}

template <class C, int Input, class X0, class X1, class X2, class... Rest>
void take_turn(int input, int index, stream<X0> &x0, stream<X1> &x1, stream<X2> &x2,
               Rest &...rest) {
#pragma HLS INLINE
  if (input == Input) {
    pass<C::Recodings[Input]>(x0, last_of(x1, x2, rest...), false, C::Lanes);
  } else {
    take_turn<C, Input + 1>(input, index, x1, x2, rest...);
  }
}

}  // namespace detail

template <class C, class... Streams>
void concat(Streams &...streams) {
  int input = 0, index = 0;

  for (int i = 0; i < C::OutFrameWords; ++i) {
#pragma HLS PIPELINE II=1
    detail::take_turn<C, 0>(input, index, streams...);
    if (index == C::Words[input] - 1) {
      index = 0;
      advance<C::Inputs>(input);
    } else {
      ++index;
    }
  }
}

}  // namespace hw

#endif
