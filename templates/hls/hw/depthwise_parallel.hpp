// Weighted sums over taps, for every channel with its own constant weights, all taps in one step.
//
// A pixel arrives as Depth words of the taps of Pe channels, tap after tap; or a word holds Pixels
// pixels, and lanes behind the end of a row are cleared. Row `word` of the weights holds the weight
// of channel p for tap t at p * Taps + t. A sum starts from the constant part of its dot product
// (see dot.hpp), in row `word` of `starts`, or Start without. See hw_depthwise_parallel.
#ifndef HW_DEPTHWISE_PARALLEL_HPP
#define HW_DEPTHWISE_PARALLEL_HPP

#include "dot.hpp"
#include "stream.hpp"

namespace hw {

namespace detail {

template <class C, class X, class Y, class Weights, class Starts>
void depthwise_parallel_from(stream<X> &x, stream<Y> &y, const Weights &weights,
                             const Starts &starts) {
  int index = 0, place = 0;

  for (int step = 0; step < C::OutFrameWords; ++step) {
#pragma HLS PIPELINE II=1
    const X in = x.read();
    Y out;
    for (int q = 0; q < C::Pixels; ++q) {
#pragma HLS UNROLL
      for (int p = 0; p < C::Pe; ++p) {
#pragma HLS UNROLL
        typename X::element taps[C::Taps];
        for (int t = 0; t < C::Taps; ++t) {
#pragma HLS UNROLL
          taps[t] = in.lane[(q * C::Taps + t) * C::Pe + p];
        }
        const modular<C::OutBits> start = modular<C::OutBits>(start_of<C>(starts, index, p));
        const auto sum = dot<C, C::Taps, C::SumBits>(weights[index], p * C::Taps, taps);
        out.lane[q * C::Pe + p] =
            typename Y::element(modular<C::OutBits>(start + term<C::Doubled, C::OutBits>(sum)));
      }
    }
    clear_tail<C>(out, place);
    y.write(out);
    advance<C::Depth>(index);
    advance<C::Words>(place);
  }
}

}  // namespace detail

template <class C, class X, class Y, class Weight, int Depth, int Lanes>
void depthwise_parallel(stream<X> &x, stream<Y> &y, const Weight (&weights)[Depth][Lanes]) {
#pragma HLS ARRAY_PARTITION variable=weights complete dim=2
  detail::depthwise_parallel_from<C>(x, y, weights, no_memory());
}

template <class C, class X, class Y, class Weight, int Depth, int Lanes, class Start, int Rows>
void depthwise_parallel(stream<X> &x, stream<Y> &y, const Weight (&weights)[Depth][Lanes],
                        const Start (&starts)[Rows][C::Pe]) {
#pragma HLS ARRAY_PARTITION variable=weights complete dim=2
#pragma HLS ARRAY_PARTITION variable=starts complete dim=2
  detail::depthwise_parallel_from<C>(x, y, weights, starts);
}

}  // namespace hw

#endif
