// Dot products in the arithmetic of an encoding of weights: the sums of what pairs add.
//
// The dot product is `sum * (1 or 2) + constant`, where the constant belongs to the weights; the
// headers products_* say which for every encoding. See hw_dot.
#ifndef HW_DOT_HPP
#define HW_DOT_HPP

#include "products.hpp"

namespace hw {

// Stands for a memory that a configuration does not have.
struct no_memory {};

// The weight of a lane of a row: as it is stored, or what its place in a code book stands for.
template <class Row>
const auto &weight_of(const Row &row, const no_memory &, int lane) {
#pragma HLS INLINE
  return row[lane];
}

template <class Row, class Weight, int Size>
const Weight &weight_of(const Row &row, const Weight (&book)[Size][1], int lane) {
#pragma HLS INLINE
  return book[static_cast<int>(row[lane])][0];
}

// Calls Core::run<C>(x, y, weights, book, starts) for a kernel whose memories are weights, the code
// book if they are Coded, and starts if there are any.
template <class C, class Core, bool Coded>
struct with_memories {
  template <class X, class Y, class Weights>
  static void call(X &x, Y &y, const Weights &weights) {
    Core::template run<C>(x, y, weights, no_memory(), no_memory());
  }

  template <class X, class Y, class Weights, class Start, int Rows, int Lanes>
  static void call(X &x, Y &y, const Weights &weights, const Start (&starts)[Rows][Lanes]) {
#pragma HLS ARRAY_PARTITION variable=starts complete dim=2
    Core::template run<C>(x, y, weights, no_memory(), starts);
  }
};

template <class C, class Core>
struct with_memories<C, Core, true> {
  template <class X, class Y, class Weights, class Weight, int Size>
  static void call(X &x, Y &y, const Weights &weights, const Weight (&book)[Size][1]) {
#pragma HLS ARRAY_PARTITION variable=book complete dim=1
    Core::template run<C>(x, y, weights, book, no_memory());
  }

  template <class X, class Y, class Weights, class Weight, int Size, class Start, int Rows,
            int Lanes>
  static void call(X &x, Y &y, const Weights &weights, const Weight (&book)[Size][1],
                   const Start (&starts)[Rows][Lanes]) {
#pragma HLS ARRAY_PARTITION variable=book complete dim=1
#pragma HLS ARRAY_PARTITION variable=starts complete dim=2
    Core::template run<C>(x, y, weights, book, starts);
  }
};

// The side of kernels of which a weight is a code; 0 where it is one number, and a pair one input.
template <class C>
constexpr int kernel_side() {
  constexpr bool kernels =
      C::Encoding == encoding::SeparableBits || C::Encoding == encoding::SeparableSums;
  return kernels ? (C::WBits + 1) / 2 : 0;
}

// All inputs of a kernel, row by row.
template <class T, int Side>
struct kernel_inputs {
  T at[Side][Side];
};

// The input of pair t, or all those of its kernel: Terms of each tap stand side by side in x.
template <class C, int Terms, class T, int Lanes>
auto input_of(const T (&x)[Lanes], int t) {
#pragma HLS INLINE
  if constexpr (kernel_side<C>() == 0) {
    return x[t];
  } else {
    constexpr int side = kernel_side<C>();
    kernel_inputs<T, side> found;
    for (int r = 0; r < side; ++r) {
#pragma HLS UNROLL
      for (int c = 0; c < side; ++c) {
#pragma HLS UNROLL
        found.at[r][c] = x[(r * side + c) * Terms + t];
      }
    }
    return found;
  }
}

// The sum over Terms pairs: weights from `first` on, and the lanes of x. Wraps at SumBits, which is
// harmless as long as the final sum fits.
template <class C, int Terms, int SumBits, class Weights, class Book, class X>
partial<C::ProductBits + clog2(Terms), SumBits> coded_dot(const Weights &weights, const Book &book,
                                                          int first, const X &x) {
#pragma HLS INLINE
  partial<C::ProductBits + clog2(Terms), SumBits> sum = 0;
  for (int t = 0; t < Terms; ++t) {
#pragma HLS UNROLL
    sum += products<C::Encoding>::template one<C>(weight_of(weights, book, first + t),
                                                        input_of<C, Terms>(x, t));
  }
  return sum;
}

template <class C, int Terms, int SumBits, class Weights, class X>
partial<C::ProductBits + clog2(Terms), SumBits> dot(const Weights &weights, int first, const X &x) {
#pragma HLS INLINE
  return coded_dot<C, Terms, SumBits>(weights, no_memory(), first, x);
}

// A sum as it is added to an accumulator of Bits bits.
template <bool Doubled, int Bits, class Sum>
modular<Bits> term(const Sum &sum) {
#pragma HLS INLINE
  return modular<Bits>(modular<Bits>(sum) << (Doubled ? 1 : 0));
}

// The constant part of a sum: the same for all, or of a lane in a row of a memory.
template <class C>
int start_of(const no_memory &, int, int) {
  return C::Start;
}

template <class C, class Value, int Rows, int Lanes>
Value start_of(const Value (&rows)[Rows][Lanes], int row, int lane) {
#pragma HLS INLINE
  return rows[row][lane];
}

}  // namespace hw

#endif
