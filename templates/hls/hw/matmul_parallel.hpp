// Matrix-vector products with constant weights, all of several groups or pixels in every step.
//
// A word holds Groups vectors of Terms elements each. With Pixels = 1 a pixel arrives as Words
// words, each with other groups and a row of the weights, which holds that of group g of the word,
// row m and element t at (g * Rows + m) * Terms + t; or a word holds all groups of Pixels pixels,
// which share the only row, and lanes behind the end of a row of the map are cleared. A sum starts
// from the constant part of its dot product (see dot.hpp), at g * Rows + m of the same row of
// `starts`, or Start without. See hw_matmul_parallel.
#ifndef HW_MATMUL_PARALLEL_HPP
#define HW_MATMUL_PARALLEL_HPP

#include "dot.hpp"
#include "stream.hpp"

namespace hw {

namespace detail {

template <class C, class X, class Y, class Weights, class Starts>
void matmul_parallel_from(stream<X> &x, stream<Y> &y, const Weights &weights,
                          const Starts &starts) {
  int index = 0;

  for (int step = 0; step < C::OutFrameWords; ++step) {
#pragma HLS PIPELINE II=1
    const X in = x.read();
    const int word = C::Pixels > 1 ? 0 : index;
    Y out;
    for (int v = 0; v < C::Pixels * C::Groups; ++v) {
#pragma HLS UNROLL
      constexpr int size = X::lanes / (C::Pixels * C::Groups);
      typename X::element vector[size];
      for (int t = 0; t < size; ++t) {
#pragma HLS UNROLL
        vector[t] = in.lane[v * size + t];
      }
      for (int m = 0; m < C::Rows; ++m) {
#pragma HLS UNROLL
        const int row = v % C::Groups * C::Rows + m;
        const modular<C::OutBits> start = modular<C::OutBits>(start_of<C>(starts, word, row));
        const auto sum = dot<C, C::Terms, C::SumBits>(weights[word], row * C::Terms, vector);
        out.lane[v * C::Rows + m] =
            typename Y::element(modular<C::OutBits>(start + term<C::Doubled, C::OutBits>(sum)));
      }
    }
    clear_tail<C>(out, index);
    y.write(out);
    advance<C::Words>(index);
  }
}

}  // namespace detail

template <class C, class X, class Y, class Weight, int Depth, int Lanes>
void matmul_parallel(stream<X> &x, stream<Y> &y, const Weight (&weights)[Depth][Lanes]) {
#pragma HLS ARRAY_PARTITION variable=weights complete dim=2
  detail::matmul_parallel_from<C>(x, y, weights, no_memory());
}

template <class C, class X, class Y, class Weight, int Depth, int Lanes, class Start, int Rows>
void matmul_parallel(stream<X> &x, stream<Y> &y, const Weight (&weights)[Depth][Lanes],
                     const Start (&starts)[Rows][C::Groups * C::Rows]) {
#pragma HLS ARRAY_PARTITION variable=weights complete dim=2
#pragma HLS ARRAY_PARTITION variable=starts complete dim=2
  detail::matmul_parallel_from<C>(x, y, weights, starts);
}

}  // namespace hw

#endif
