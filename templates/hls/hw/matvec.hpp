// Matrix-vector product with constant weights, folded onto Pe rows x Simd columns of lanes.
//
// A vector arrives as Steps words of Simd elements. During the first fold each step takes one word
// and keeps it; the following Folds - 1 folds replay the kept words. The last step of every fold
// gives one word of Pe sums. Vector v uses weight set v mod Groups; row (set * Folds + fold) * Steps
// + step of the weights holds lane (p, s) at p * Simd + s. A sum starts from the constant part of
// its dot product (see dot.hpp), in row set * Folds + fold of `starts`, or Start without.
// See hw_matvec.
#ifndef HW_MATVEC_HPP
#define HW_MATVEC_HPP

#include "dot.hpp"
#include "stream.hpp"

namespace hw {

namespace detail {

template <class C, class X, class Y, class Weights, class Starts>
void matvec_from(stream<X> &x, stream<Y> &y, const Weights &weights, const Starts &starts) {
  constexpr int vectors = C::OutFrameWords / C::Folds;
  X kept[C::Steps];
  modular<C::OutBits> sums[C::Pe];
#pragma HLS ARRAY_PARTITION variable=sums complete
  int set = 0;

  for (int vector = 0; vector < vectors; ++vector) {
    for (int fold = 0; fold < C::Folds; ++fold) {
      for (int step = 0; step < C::Steps; ++step) {
#pragma HLS PIPELINE II=1
        if (fold == 0) kept[step] = x.read();
        const X word = kept[step];
        const int block = set * C::Folds + fold;
        const auto &row = weights[block * C::Steps + step];
        for (int p = 0; p < C::Pe; ++p) {
#pragma HLS UNROLL
          if (step == 0) sums[p] = modular<C::OutBits>(start_of<C>(starts, block, p));
          sums[p] += term<C, C::OutBits>(dot<C, C::Simd, C::SumBits>(row, p * C::Simd, word.lane));
        }
        if (step == C::Steps - 1) {
          Y out;
          for (int p = 0; p < C::Pe; ++p) {
#pragma HLS UNROLL
            const bool unused = p >= C::KeptLanes && fold == C::Folds - 1;
            out.lane[p] = unused ? typename Y::element(0) : typename Y::element(sums[p]);
          }
          y.write(out);
        }
      }
    }
    advance<C::Groups>(set);
  }
}

}  // namespace detail

// Sums that all start from the same constant.
template <class C, class X, class Y, class Weight, int Depth, int Lanes>
void matvec(stream<X> &x, stream<Y> &y, const Weight (&weights)[Depth][Lanes]) {
#pragma HLS ARRAY_PARTITION variable=weights complete dim=2
  detail::matvec_from<C>(x, y, weights, no_memory());
}

// Sums whose start is in a memory.
template <class C, class X, class Y, class Weight, int Depth, int Lanes, class Start, int Rows>
void matvec(stream<X> &x, stream<Y> &y, const Weight (&weights)[Depth][Lanes],
            const Start (&starts)[Rows][C::Pe]) {
#pragma HLS ARRAY_PARTITION variable=weights complete dim=2
#pragma HLS ARRAY_PARTITION variable=starts complete dim=2
  detail::matvec_from<C>(x, y, weights, starts);
}

}  // namespace hw

#endif
