// Collects the sums of sparse PEs in an order known beforehand, and adds up those of split rows.
//
// A program row for every cycle: for every lane {slot, pe, use}, then emit and free. Each lane adds the
// named sum to its own; a row with `emit` is the last of an output word, which leaves with the lanes'
// sums; at most Most rows are a vector's. Channels vectors are collected one after the other, with the
// same rows. See hw_sparse_collect.
#ifndef HW_SPARSE_COLLECT_HPP
#define HW_SPARSE_COLLECT_HPP

#include "stream.hpp"

namespace hw {

namespace detail {

template <class C, int Most, int Channels, class Y, class Collect, int Slots, class Sum>
void sparse_collect(int first, int rows, const Collect &collect,
                    const Sum (&sums)[C::Pes][Slots][Channels], stream<Y> &y) {
  Sum total[C::OutLanes];
#pragma HLS ARRAY_PARTITION variable=total complete
  for (int lane = 0; lane < C::OutLanes; ++lane) {
#pragma HLS UNROLL
    total[lane] = 0;
  }

  for (int channel = 0; channel < Channels; ++channel) {
    for (int step = 0; step < Most; ++step) {
#pragma HLS PIPELINE II=1
      if (step == rows) break;
      const auto &row = collect[first + step][0];
      const bool emit = row[3 * C::OutLanes] != 0;
      Y out;
      for (int lane = 0; lane < C::OutLanes; ++lane) {
#pragma HLS UNROLL
        const int slot = static_cast<int>(row[3 * lane]);
        const int pe = static_cast<int>(row[3 * lane + 1]);
        if (row[3 * lane + 2] != 0) total[lane] = Sum(total[lane] + sums[pe][slot][channel]);
        out.lane[lane] = total[lane];
        if (emit) total[lane] = 0;
      }
      if (emit) y.write(out);
    }
  }
}

}  // namespace detail

}  // namespace hw

#endif
