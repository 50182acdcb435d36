// Skips, passes on, repeats, or inserts words of a stream, by a program.
//
// A row of the program is {take, give, fill, run - 1}: do the step `run` times. A step with `take`
// takes an input word; a step with `give` gives an output word, which is the constant Fill in all
// lanes if `fill` is set, and else the word taken last. The program starts again after its last row.
// See hw_filter.
#ifndef HW_FILTER_HPP
#define HW_FILTER_HPP

#include "recode.hpp"
#include "stream.hpp"

namespace hw {

template <class C, class X, class Y, class Value, int Rows>
void filter(stream<X> &x, stream<Y> &y, const Value (&program)[Rows][1][4]) {
#pragma HLS ARRAY_PARTITION variable=program complete dim=3
  typedef typename Y::element element;
  X held;
  for (int lane = 0; lane < C::Lanes; ++lane) {
#pragma HLS UNROLL
    held.lane[lane] = 0;
  }
  int row = 0, run = 0, taken = 0, given = 0;

  // Every step takes a word, or gives one, or both.
  for (int step = 0; step < C::In0FrameWords + C::OutFrameWords; ++step) {
#pragma HLS PIPELINE II=1
    const Value(&now)[4] = program[row][0];
    if (now[0] != 0) {
      held = x.read();
      ++taken;
    }
    if (now[1] != 0) {
      Y out;
      for (int lane = 0; lane < C::Lanes; ++lane) {
#pragma HLS UNROLL
        out.lane[lane] = (now[2] != 0) ? element(C::Fill)
                                       : recode<element, C::Recoding>(held.lane[lane]);
      }
      y.write(out);
      ++given;
    }
    if (run == static_cast<int>(now[3])) {
      run = 0;
      advance<Rows>(row);
    } else {
      ++run;
    }
    if (taken == C::In0FrameWords && given == C::OutFrameWords) break;
  }
}

}  // namespace hw

#endif
