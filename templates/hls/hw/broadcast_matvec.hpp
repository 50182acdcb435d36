// Product of a constant sparse matrix and vectors, column by column: each activation goes to all PEs
// that have entries in its column; activations that are zero go nowhere.
//
// A vector arrives element by element (Columns of them). Row c of the column memory holds, for every
// PE, {start, count} of column c; row r of the entry memory, for every PE, {weight, local row}. When
// a vector is complete, its rows are collected. Here a column takes as many cycles as the PE with the
// most entries in it, without queues. See hw_broadcast_matvec.
#ifndef HW_BROADCAST_MATVEC_HPP
#define HW_BROADCAST_MATVEC_HPP

#include "dot.hpp"
#include "sparse_collect.hpp"
#include "stream.hpp"

namespace hw {

namespace detail {

template <class C, class X, class Entries, class Columns, class Sum>
void broadcast_columns(stream<X> &x, const Entries &entries, const Columns &columns,
                       Sum (&sums)[C::Pes][C::Slots][1]) {
  for (int slot = 0; slot < C::Slots; ++slot) {
#pragma HLS PIPELINE II=1
    for (int p = 0; p < C::Pes; ++p) {
#pragma HLS UNROLL
      sums[p][slot][0] = 0;
    }
  }

  for (int column = 0; column < C::Columns; ++column) {
    const X in = x.read();
    const bool zero = in.lane[0] == 0;
    for (int n = 0; n < C::Entries; ++n) {
#pragma HLS PIPELINE
      bool any = false;
      for (int p = 0; p < C::Pes; ++p) {
#pragma HLS UNROLL
        const int start = static_cast<int>(columns[column][p][0]);
        if (zero || n >= static_cast<int>(columns[column][p][1])) continue;
        any = true;
        const auto &entry = entries[start + n][p];
        typedef calc<C::ProductBits> product_t;
        const product_t product = products<C::Encoding>::template one<C>(entry[0], in.lane[0]);
        const int slot = static_cast<int>(entry[1]);
        sums[p][slot][0] = Sum(sums[p][slot][0] + Sum(product));
      }
      if (!any) break;
    }
  }
}

}  // namespace detail

template <class C, class X, class Y, class Entry, int Rows, class Pointer, int Columns, class Field,
          int Collects, int Fields>
void broadcast_matvec(stream<X> &x, stream<Y> &y, const Entry (&entries)[Rows][C::Pes][2],
                      const Pointer (&columns)[Columns][C::Pes][2],
                      const Field (&collect)[Collects][1][Fields]) {
#pragma HLS ARRAY_PARTITION variable=entries complete dim=2
#pragma HLS ARRAY_PARTITION variable=entries complete dim=3
#pragma HLS ARRAY_PARTITION variable=columns complete dim=2
#pragma HLS ARRAY_PARTITION variable=columns complete dim=3
#pragma HLS ARRAY_PARTITION variable=collect complete dim=3
  typedef modular<C::OutBits> sum_t;
  constexpr int vectors = C::In0FrameWords / C::Columns;

  for (int vector = 0; vector < vectors; ++vector) {
#pragma HLS DATAFLOW
    sum_t sums[C::Pes][C::Slots][1];
#pragma HLS ARRAY_PARTITION variable=sums complete dim=1
    detail::broadcast_columns<C>(x, entries, columns, sums);
    detail::sparse_collect<C, C::Collects, 1>(0, C::Collects, collect, sums, y);
  }
}

}  // namespace hw

#endif
