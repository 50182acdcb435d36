// Weighted sums over taps, for every channel with its own constant weights, Pe channels at a time.
//
// A pixel arrives as Taps vectors of Words words of Pe channels each. The sums of all channels are
// kept; the steps of the last tap give one output word each. Row tap * Words + word of the weights
// holds the weight of lane p at p, or row tap where there is one for all words. A sum starts from the constant part of its dot product (see
// dot.hpp), in row `word` of `starts`, or Start without. With CodeBits, a weight is a place in the
// code book, which stands between weights and starts. See hw_depthwise.
#ifndef HW_DEPTHWISE_HPP
#define HW_DEPTHWISE_HPP

#include "dot.hpp"
#include "stream.hpp"

namespace hw {

namespace detail {

template <class C, class X, class Y, class Weight, int Depth, class Book, class Starts>
void depthwise_from(stream<X> &x, stream<Y> &y, const Weight (&weights)[Depth][C::Pe],
                    const Book &book, const Starts &starts) {
  constexpr bool shared = Depth < C::Taps * C::Words;
  constexpr int pixels = C::OutFrameWords / C::Words;
  word<modular<C::OutBits>, C::Pe> sums[C::Words];

  for (int pixel = 0; pixel < pixels; ++pixel) {
    for (int tap = 0; tap < C::Taps; ++tap) {
      for (int index = 0; index < C::Words; ++index) {
#pragma HLS PIPELINE II=1
        const X in = x.read();
        word<modular<C::OutBits>, C::Pe> sum = sums[index];
        Y out;
        for (int p = 0; p < C::Pe; ++p) {
#pragma HLS UNROLL
          const calc<C::ProductBits> product = products<C::Encoding>::template one<C>(
              weight_of(weights[shared ? tap : tap * C::Words + index], book, p), in.lane[p]);
          const modular<C::OutBits> before =
              (tap == 0) ? modular<C::OutBits>(start_of<C>(starts, index, p)) : sum.lane[p];
          sum.lane[p] = modular<C::OutBits>(before + term<C::Doubled, C::OutBits>(product));
          const bool unused = p >= C::KeptLanes && index == C::Words - 1;
          out.lane[p] = unused ? typename Y::element(0) : typename Y::element(sum.lane[p]);
        }
        sums[index] = sum;
        if (tap == C::Taps - 1) y.write(out);
      }
    }
  }
}

struct depthwise_core {
  template <class C, class X, class Y, class Weights, class Book, class Starts>
  static void run(stream<X> &x, stream<Y> &y, const Weights &weights, const Book &book,
                  const Starts &starts) {
    depthwise_from<C>(x, y, weights, book, starts);
  }
};

}  // namespace detail

template <class C, class X, class Y, class Weight, int Depth, class... Others>
void depthwise(stream<X> &x, stream<Y> &y, const Weight (&weights)[Depth][C::Pe],
               const Others &...others) {
#pragma HLS ARRAY_PARTITION variable=weights complete dim=2
  with_memories<C, detail::depthwise_core, (C::CodeBits > 0)>::call(x, y, weights, others...);
}

}  // namespace hw

#endif
