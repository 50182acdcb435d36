// Matrix-vector product with constant weights, folded onto Pe rows x Simd columns of lanes.
//
// A vector arrives as Steps words of Simd elements. During the first fold each step takes one word
// and keeps it; the following Folds - 1 folds replay the kept words. The last step of every fold
// gives one word of Pe sums. Vector v uses weight set v mod Groups; row (set * Folds + fold) * Steps
// + step of the weights holds lane (p, s) at p * Simd + s. A sum starts from the constant part of
// its dot product (see dot.hpp), in row set * Folds + fold of `starts`, or Start without. With code
// bits in Sums, a weight is a place in the code book, which stands between weights and starts.
// See hw_matvec.
#ifndef HW_MATVEC_HPP
#define HW_MATVEC_HPP

#include "dot.hpp"
#include "stream.hpp"

namespace hw {

namespace detail {

template <class C, class X, class Y, class Weights, class Book, class Starts>
void matvec_from(stream<X> &x, stream<Y> &y, Weights &weights, const Book &book,
                 const Starts &starts) {
  constexpr int vectors = C::OutFrameWords / C::Folds;
  X kept[C::Steps];
  modular<C::OutBits> sums[C::Pe] = {};
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
          sums[p] += term<C::Sums::doubled, C::OutBits>(
              coded_dot<C, C::Simd, C::Sums::sum_bits>(row, book, p * C::Simd, word.lane));
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

// Weights of single bits from a linear feedback shift register, row after row; see hw_weights.
template <class C>
struct made_weights {
  static constexpr int lanes = C::Pe * C::Simd;
  long long state;
  unsigned char row[lanes];

  static bool odd(long long bits) {
#pragma HLS INLINE
    bool found = false;
    for (int place = 0; place < C::Sums::made; ++place) {
#pragma HLS UNROLL
      found = found != (((bits >> place) & 1) != 0);
    }
    return found;
  }

  // The rows are asked for in order, and again from the first one on.
  const unsigned char (&operator[](int index))[lanes] {
#pragma HLS INLINE
    long long next = 0;
    for (int place = 0; place < C::Sums::made; ++place) {
#pragma HLS UNROLL
      const int step = 1 + place + (index % C::Steps == 0 ? C::Sums::made : 0);
      if (odd(C::MadeRows[step] & state)) next |= 1LL << place;
    }
    state = (index == 0) ? static_cast<long long>(C::MadeRows[0]) : next;
    for (int lane = 0; lane < lanes; ++lane) {
#pragma HLS UNROLL
      row[lane] = odd(C::MadeRows[1 + 2 * C::Sums::made + lane] & state) ? 1 : 0;
    }
    return row;
  }
};

struct matvec_core {
  template <class C, class X, class Y, class Weights, class Book, class Starts>
  static void run(stream<X> &x, stream<Y> &y, const Weights &weights, const Book &book,
                  const Starts &starts) {
    matvec_from<C>(x, y, weights, book, starts);
  }
};

}  // namespace detail

template <class C, class X, class Y, class Weight, int Depth, int Lanes, class... Others>
void matvec(stream<X> &x, stream<Y> &y, const Weight (&weights)[Depth][Lanes],
            const Others &...others) {
#pragma HLS ARRAY_PARTITION variable=weights complete dim=2
  if constexpr (C::Sums::made > 0) {
    // The first memory is that of the starts.
    detail::made_weights<C> made = {};
    detail::matvec_from<C>(x, y, made, no_memory(), weights);
  } else {
    with_memories<C, detail::matvec_core, (C::Sums::code_bits > 0)>::call(x, y, weights, others...);
  }
}

// The same without a memory of weights: they are made.
template <class C, class X, class Y>
void matvec(stream<X> &x, stream<Y> &y) {
  detail::made_weights<C> weights = {};
  detail::matvec_from<C>(x, y, weights, no_memory(), no_memory());
}

}  // namespace hw

#endif
