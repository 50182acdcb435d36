// Product of a constant sparse matrix and vectors: Pes processing elements work in step through a
// program with one row of entries per cycle.
//
// A vector arrives as InWords words of InLanes elements; those that a column of the matrix needs
// (Words of them, by the keep memory) are stored. Channels vectors that follow each other make a set,
// for which the rows of its program run once; then the sums of PEs are collected, vector by vector, by
// those of another one. Sets with different matrices (Groups) take turns, each with as many rows as
// ProgramRows says: of its program, a number that only circuits need, and of the collection. Loading,
// computing and collecting of three sets overlap.
//
// Program row, for every PE: {weight, index, last}; the place of its element is the index, or with
// Delta so many places behind that of the segment's entry before. Collect row: for every lane {slot,
// pe, use}, then emit and free. With code bits in Plan, a weight is a place in the code book, which
// stands behind the program. See hw_sparse_matvec, hw_sparse_pe, hw_sparse_collect.
#ifndef HW_SPARSE_MATVEC_HPP
#define HW_SPARSE_MATVEC_HPP

#include "dot.hpp"
#include "sparse_collect.hpp"
#include "stream.hpp"

namespace hw {

namespace detail {

// Places of a vector: whole words, a power of two of them.
template <class C>
constexpr int places() {
  return C::InLanes << clog2(C::Plan::words);
}

// One of the three numbers of ProgramRows for every group: where its rows begin, how many there are,
// and how many the longest has.
template <int Groups>
struct rows_of_groups {
  int first[Groups] = {};
  int count[Groups] = {};
  int most = 0;
  constexpr rows_of_groups(const int (&rows)[3 * Groups], int part) {
    for (int group = 0; group < Groups; ++group) {
      count[group] = rows[3 * group + part];
      if (group > 0) first[group] = first[group - 1] + count[group - 1];
      if (count[group] > most) most = count[group];
    }
  }
};

template <class Value, int Rows>
bool keeps(const Value (&keep)[Rows][1], int index) {
#pragma HLS INLINE
  return keep[index][0] != 0;
}

inline bool keeps(const no_memory &, int) { return true; }

template <class C, class X, class Keep, class Element>
void sparse_load(stream<X> &x, const Keep &keep, Element (&vectors)[C::Channels][places<C>()]) {
  for (int channel = 0; channel < C::Channels; ++channel) {
    int stored = 0;
    for (int index = 0; index < C::InWords; ++index) {
#pragma HLS PIPELINE II=1
      const X in = x.read();
      if (keeps(keep, index)) {
        for (int lane = 0; lane < C::InLanes; ++lane) {
#pragma HLS UNROLL
          vectors[channel][stored * C::InLanes + lane] = in.lane[lane];
        }
        ++stored;
      }
    }
  }
}

template <class C, int Most, class Program, class Book, class Element, class Sum>
void sparse_compute(int first, int steps, const Program &program, const Book &book,
                    const Element (&vectors)[C::Channels][places<C>()],
                    Sum (&sums)[C::Pes][C::Plan::slots][C::Channels]) {
  int place[C::Pes], slot[C::Pes];
  Sum sum[C::Pes][C::Channels];
#pragma HLS ARRAY_PARTITION variable=place complete
#pragma HLS ARRAY_PARTITION variable=slot complete
#pragma HLS ARRAY_PARTITION variable=sum complete dim=0
  for (int p = 0; p < C::Pes; ++p) {
#pragma HLS UNROLL
    place[p] = 0;
    slot[p] = 0;
    for (int channel = 0; channel < C::Channels; ++channel) {
#pragma HLS UNROLL
      sum[p][channel] = 0;
    }
  }

  for (int step = 0; step < Most; ++step) {
#pragma HLS PIPELINE II=1
    if (step == steps) break;
    for (int p = 0; p < C::Pes; ++p) {
#pragma HLS UNROLL
      const auto &entry = program[first + step][p];
      const int index = static_cast<int>(entry[1]);
      const int at = ((C::Plan::delta ? place[p] : 0) + index) & (places<C>() - 1);
      const bool last = entry[2] != 0;
      for (int channel = 0; channel < C::Channels; ++channel) {
#pragma HLS UNROLL
        typedef calc<C::ProductBits> product_t;
        const product_t product =
            products<C::Encoding>::template one<C>(weight_of(entry, book, 0), vectors[channel][at]);
        sum[p][channel] = Sum(sum[p][channel] + Sum(product));
        if (last) {
          sums[p][slot[p]][channel] = sum[p][channel];
          sum[p][channel] = 0;
        }
      }
      place[p] = last ? 0 : at + 1;
      if (last) ++slot[p];
    }
  }
}

template <class C, class X, class Y, class Program, class Book, class Collect, class Keep>
void sparse_sets(stream<X> &x, stream<Y> &y, const Program &program, const Book &book,
                 const Collect &collect, const Keep &keep) {
  typedef modular<C::OutBits> sum_t;
  constexpr int sets = C::In0FrameWords / (C::InWords * C::Channels);
  constexpr rows_of_groups<C::Groups> programs(C::ProgramRows, 0), collections(C::ProgramRows, 2);

  for (int set = 0; set < sets; ++set) {
#pragma HLS DATAFLOW
    typename X::element vectors[C::Channels][places<C>()];
    sum_t sums[C::Pes][C::Plan::slots][C::Channels];
#pragma HLS ARRAY_PARTITION variable=vectors complete dim=1
#pragma HLS ARRAY_PARTITION variable=sums complete dim=1
#pragma HLS ARRAY_PARTITION variable=sums complete dim=3
    sparse_load<C>(x, keep, vectors);
    const int group = set % C::Groups;
    sparse_compute<C, programs.most>(programs.first[group], programs.count[group], program, book, vectors,
                                     sums);
    sparse_collect<C, collections.most, C::Channels>(collections.first[group], collections.count[group],
                                                     collect, sums, y);
  }
}

// The memories behind the program: the code book if weights are Coded, what is collected, and what
// is kept, if that is not every word of the vector.
template <class C, bool Coded>
struct sparse_memories {
  template <class X, class Y, class Program, class Collect>
  static void run(X &x, Y &y, const Program &program, const Collect &collect) {
#pragma HLS ARRAY_PARTITION variable=collect complete dim=3
    sparse_sets<C>(x, y, program, no_memory(), collect, no_memory());
  }

  template <class X, class Y, class Program, class Collect, class Keep>
  static void run(X &x, Y &y, const Program &program, const Collect &collect, const Keep &keep) {
#pragma HLS ARRAY_PARTITION variable=collect complete dim=3
    sparse_sets<C>(x, y, program, no_memory(), collect, keep);
  }
};

template <class C>
struct sparse_memories<C, true> {
  template <class X, class Y, class Program, class Book, class Collect>
  static void run(X &x, Y &y, const Program &program, const Book &book, const Collect &collect) {
#pragma HLS ARRAY_PARTITION variable=collect complete dim=3
    sparse_sets<C>(x, y, program, book, collect, no_memory());
  }

  template <class X, class Y, class Program, class Book, class Collect, class Keep>
  static void run(X &x, Y &y, const Program &program, const Book &book, const Collect &collect,
                  const Keep &keep) {
#pragma HLS ARRAY_PARTITION variable=collect complete dim=3
    sparse_sets<C>(x, y, program, book, collect, keep);
  }
};

}  // namespace detail

template <class C, class X, class Y, class Entry, int Rows, class... Others>
void sparse_matvec(stream<X> &x, stream<Y> &y, const Entry (&program)[Rows][C::Pes][3],
                   const Others &...others) {
#pragma HLS ARRAY_PARTITION variable=program complete dim=2
#pragma HLS ARRAY_PARTITION variable=program complete dim=3
  detail::sparse_memories<C, (C::Plan::code_bits > 0)>::run(x, y, program, others...);
}

}  // namespace hw

#endif
