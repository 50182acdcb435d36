// Dot products in the arithmetic of an encoding of weights: the sums of what pairs add.
//
// The dot product is `sum * (1 or 2) + constant`, where the constant belongs to the weights; the
// headers products_* say which for every encoding. See hw_dot.
#ifndef HW_DOT_HPP
#define HW_DOT_HPP

#include "products.hpp"

namespace hw {

// The sum over Terms pairs: weights from `first` on, and the lanes of x. Wraps at SumBits, which is
// harmless as long as the final sum fits.
template <class C, int Terms, int SumBits, class Weights, class X>
partial<C::ProductBits + clog2(Terms), SumBits> dot(const Weights &weights, int first, const X &x) {
#pragma HLS INLINE
  partial<C::ProductBits + clog2(Terms), SumBits> sum = 0;
  for (int t = 0; t < Terms; ++t) {
#pragma HLS UNROLL
    sum += products<C::Encoding>::template one<C>(weights[first + t], x[t]);
  }
  return sum;
}

// A sum as it is added to an accumulator of Bits bits.
template <class C, int Bits, class Sum>
modular<Bits> term(const Sum &sum) {
#pragma HLS INLINE
  return modular<Bits>(modular<Bits>(sum) << (C::Doubled ? 1 : 0));
}

// Stands for a memory that a configuration does not have.
struct no_memory {};

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
