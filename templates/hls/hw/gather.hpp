// Reads the words of a frame from a circular buffer in any order.
//
// A row of the program is {blank, word, release}: give an output word that is the constant Fill in
// all lanes if `blank` is set, and else word number `word` + Stride * (period of the frame), in the
// code of the output; then release the `release` oldest words of the buffer. A frame of InWords words
// is read in `Periods` periods of `Rows` reads. See hw_gather.
#ifndef HW_GATHER_HPP
#define HW_GATHER_HPP

#include "recode.hpp"
#include "stream.hpp"

namespace hw {

template <class C, class X, class Y, class Value, int Rows>
void gather(stream<X> &x, stream<Y> &y, const Value (&program)[Rows][1][3]) {
#pragma HLS ARRAY_PARTITION variable=program complete dim=3
  typedef typename Y::element element;
  X buffer[C::Capacity];
#pragma HLS BIND_STORAGE variable=buffer type=ram_s2p
  int row = 0, base = 0, written = 0, released = 0, given = 0;

  // Every step stores a word, or gives one, or both.
  for (int step = 0; step < C::InWords + C::OutFrameWords; ++step) {
#pragma HLS PIPELINE II=1
    const Value(&now)[3] = program[row][0];
    const bool blank = now[0] != 0;
    const int place = base + static_cast<int>(now[1]);
    const bool stores = written < C::InWords && written - released < C::Capacity;

    if (given < C::OutFrameWords && (blank || written > place)) {
      const X word = buffer[(blank ? 0 : place) % C::Capacity];
      Y out;
      for (int lane = 0; lane < C::Lanes; ++lane) {
#pragma HLS UNROLL
        out.lane[lane] = blank ? element(C::Fill) : recode<element, C::Recoding>(word.lane[lane]);
      }
      y.write(out);
      ++given;
      released += static_cast<int>(now[2]);
      if (row == Rows - 1) base += C::Stride;
      if (given == C::OutFrameWords) released = C::InWords;
      advance<Rows>(row);
    }
    if (stores) {
      buffer[written % C::Capacity] = x.read();
      ++written;
    }
    if (given == C::OutFrameWords && written == C::InWords) break;
  }
}

}  // namespace hw

#endif
