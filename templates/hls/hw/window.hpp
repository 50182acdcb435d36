// Sliding window over a padded map, one word of a window per cycle, from a circular line buffer.
//
// Every step stores a word of the map, when the buffer has a free place, and gives a word of a
// window, when the word that it needs was stored in a step before. Windows are walked in the order
// (window row, window column, group, tap, word of the group). Taps in the padding
// read nothing and give PadCode in every lane. After the last word of a window, everything before
// the next window's first tap is free. See hw_window.
#ifndef HW_WINDOW_HPP
#define HW_WINDOW_HPP

#include "recode.hpp"
#include "stream.hpp"
#include "window_taps.hpp"

namespace hw {

template <class C, class X, class Y>
void window(stream<X> &x, stream<Y> &y) {
  typedef typename C::Shape S;
  constexpr int pixel_words = S::groups * S::group_words;
  constexpr int row_words = S::width * pixel_words;
  constexpr int frame_words = S::height * row_words;
  constexpr recoding style = C::BipolarToInt ? recoding::Bipolar : recoding::Sign;
  X lines[C::Depth];
#pragma HLS BIND_STORAGE variable=lines type=ram_s2p
  int written = 0, kept = 0, given = 0;
  int row = 0, col = 0, group = 0, tap = 0, index = 0;

  for (int step = 0; step < frame_words + C::OutFrameWords; ++step) {
#pragma HLS PIPELINE II=1
    const int map_row =
        row * S::stride_height - S::pad_top + tap_row<C>(tap) * S::dilation_height;
    const int map_col =
        col * S::stride_width - S::pad_left + tap_column<C>(tap) * S::dilation_width;
    const bool on_map = map_row >= 0 && map_row < S::height && map_col >= 0 && map_col < S::width;
    const int number = map_row * row_words + map_col * pixel_words + group * S::group_words + index;
    const int wanted = on_map ? number : 0;
    const bool stores = written < frame_words && written - kept < C::Depth;

    if (given < C::OutFrameWords && written > wanted) {
      const X word = lines[wanted % C::Depth];
      Y out;
      for (int lane = 0; lane < C::Parallel; ++lane) {
#pragma HLS UNROLL
        typedef typename Y::element element;
        const element pad = element(C::PadCode);
        const bool unused = lane >= C::LastLanes && index == S::group_words - 1;
        const element used = on_map ? recode<element, style>(word.lane[lane]) : pad;
        out.lane[lane] = unused ? element(0) : used;
      }
      y.write(out);
      ++given;

      // The loops, from the innermost outwards.
      const bool end_word = index == S::group_words - 1;
      const bool end_group = end_word && tap == window_taps<C>::count - 1;
      const bool end_window = end_group && group == S::groups - 1;
      const bool end_line = end_window && col == S::out_width - 1;
      index = end_word ? 0 : index + 1;
      if (end_word) tap = end_group ? 0 : tap + 1;
      if (end_group) group = end_window ? 0 : group + 1;
      if (end_window) col = end_line ? 0 : col + 1;
      if (end_line) ++row;
      if (end_window) {
        const int first_row = row * S::stride_height - S::pad_top;
        const int first_col = col * S::stride_width - S::pad_left;
        const int first = first_row * row_words + first_col * pixel_words;
        // Right of the map or below it, a number would be that of another pixel.
        if (first_row < S::height && first_col < S::width && first > kept) kept = first;
        if (row == S::out_height) kept = frame_words;
      }
    }
    if (stores) {
      lines[written % C::Depth] = x.read();
      ++written;
    }
    if (given == C::OutFrameWords && written == frame_words) break;
  }
}

}  // namespace hw

#endif
