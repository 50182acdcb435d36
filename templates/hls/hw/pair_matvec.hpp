// Products of a stream of vectors with matrices that come as another stream, folded onto Pe rows x
// Simd columns of lanes.
//
// The matrices of a frame, one for each of Groups groups, are kept in memories among which their
// Pixels pixels take turns. With Transposed, pixels are rows of the matrix and words hold Simd
// columns; else pixels are columns, and words hold Pe rows. Vector v meets matrix v mod Groups. With
// Heads, words have the vectors of as many groups one behind the other, and blocks are whole
// matrices. See hw_pair_matvec and hw_pair_banks.
#ifndef HW_PAIR_MATVEC_HPP
#define HW_PAIR_MATVEC_HPP

#include "dot.hpp"
#include "stream.hpp"

namespace hw {

namespace detail {

template <class C>
struct pair_banks {
  static constexpr int memories = C::Transposed ? C::Pe : C::Simd;
  static constexpr int words = C::Transposed ? C::Steps : C::Folds;
  static constexpr int blocks = C::Transposed ? C::Folds : C::Steps;
  static constexpr int groups = C::Groups / C::Heads;
  static constexpr int depth = groups * C::Folds * C::Steps;

  // Pixels that a ragged last block lacks are zero.
  static bool missing(int memory, int block) {
#pragma HLS INLINE
    return block == blocks - 1 && memory >= C::Pixels - (blocks - 1) * memories;
  }
};

template <class C, class W, int Memories, int Depth>
void pair_store(stream<W> &w, W (&bank)[Memories][Depth]) {
  typedef pair_banks<C> banks;
  int memory = 0, block = 0;

  for (int pixel = 0; pixel < C::Pixels; ++pixel) {
    for (int group = 0; group < banks::groups; ++group) {
      for (int index = 0; index < banks::words; ++index) {
#pragma HLS PIPELINE II=1
        const int fold = C::Transposed ? block : index;
        const int step = C::Transposed ? index : block;
        bank[memory][(group * C::Folds + fold) * C::Steps + step] = w.read();
      }
    }
    if (memory == Memories - 1) ++block;
    advance<Memories>(memory);
  }
}

template <class C, class X, class W, class Y, int Memories, int Depth>
void pair_multiply(stream<X> &x, const W (&bank)[Memories][Depth], stream<Y> &y) {
  typedef pair_banks<C> banks;
  constexpr int vectors = C::OutFrameWords / C::Folds;
  X kept[C::Steps];
  modular<C::OutBits> sums[C::Heads * C::Pe];
#pragma HLS ARRAY_PARTITION variable=sums complete
  int group = 0;

  for (int vector = 0; vector < vectors; ++vector) {
    for (int fold = 0; fold < C::Folds; ++fold) {
      for (int step = 0; step < C::Steps; ++step) {
#pragma HLS PIPELINE II=1
        if (fold == 0) kept[step] = x.read();
        const X word = kept[step];
        const int place = (group * C::Folds + fold) * C::Steps + step;
        for (int p = 0; p < C::Heads * C::Pe; ++p) {
#pragma HLS UNROLL
          const int head = p / C::Pe;
          typename W::element row[C::Simd];
          typename X::element part[C::Simd];
          for (int s = 0; s < C::Simd; ++s) {
#pragma HLS UNROLL
            const int memory = C::Transposed ? p % C::Pe : s;
            const int lane = C::Transposed ? head * C::Simd + s : p;
            const bool missing = banks::missing(memory, C::Transposed ? fold : step);
            row[s] = missing ? typename W::element(0) : bank[memory][place].lane[lane];
            part[s] = word.lane[head * C::Simd + s];
          }
          if (step == 0) sums[p] = modular<C::OutBits>(0);
          sums[p] += modular<C::OutBits>(dot<C, C::Simd, C::Sums::sum_bits>(row, 0, part));
        }
        if (step == C::Steps - 1) {
          Y out;
          for (int p = 0; p < C::Heads * C::Pe; ++p) {
#pragma HLS UNROLL
            out.lane[p] = typename Y::element(sums[p]);
          }
          y.write(out);
        }
      }
    }
    advance<banks::groups>(group);
  }
}

}  // namespace detail

template <class C, class X, class W, class Y>
void pair_matvec(stream<X> &x, stream<W> &w, stream<Y> &y) {
#pragma HLS DATAFLOW
  typedef detail::pair_banks<C> banks;
  W bank[banks::memories][banks::depth];
#pragma HLS ARRAY_PARTITION variable=bank complete dim=1
  detail::pair_store<C>(w, bank);
  detail::pair_multiply<C>(x, bank, y);
}

}  // namespace hw

#endif
