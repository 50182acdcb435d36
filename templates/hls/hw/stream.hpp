// Streams of words, and what joins and forks them.
#ifndef HW_STREAM_HPP
#define HW_STREAM_HPP

#include "number.hpp"

#ifdef HW_EXACT_WIDTHS
#include <hls_stream.h>
#else
#include "simulation.hpp"
#endif

namespace hw {

#ifdef HW_EXACT_WIDTHS
template <class T>
using stream = hls::stream<T>;
#endif

// A word of a stream: some neighbours of a vector, the first of them in lane 0; lanes behind the
// end of the vector are zero.
template <class T, int Lanes>
struct word {
  typedef T element;
  static constexpr int lanes = Lanes;

  T lane[Lanes];
};

// Gives every one of the Words words of a frame to several consumers.
template <int Words, class Word, class... Streams>
void fork(stream<Word> &x, Streams &...outputs) {
  for (int i = 0; i < Words; ++i) {
#pragma HLS PIPELINE II=1
    const Word word = x.read();
    (outputs.write(word), ...);
  }
}

// Clears the lanes behind the end of a vector, in the last of its Words words; see hw_tail_mask.
template <class C, class Word>
void clear_tail(Word &word, int index) {
#pragma HLS INLINE
  if (C::Tail != 0 && index == C::Words - 1) {
    for (int lane = C::Tail; lane < Word::lanes; ++lane) {
#pragma HLS UNROLL
      word.lane[lane] = 0;
    }
  }
}

// Counts 0, 1, ... Count - 1, 0, ...; as hw_wrap and hw_group_counter do.
template <int Count>
void advance(int &index) {
#pragma HLS INLINE
  index = (index == Count - 1) ? 0 : index + 1;
}

}  // namespace hw

#endif
