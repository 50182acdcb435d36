// Sliding window over a padded map, all taps of a window per step for the channels of one word.
//
// Every step stores a word of the map in the line memories, when there is a free place, and is a
// phase of the walk, when the word that it needs was stored in a step before: a phase shifts one
// column of all tap rows into the register window. Every row of windows walks over all columns of
// the map; windows that reach past the right edge leave with the first columns of the next row.
// Taps in the padding give PadCode. With several Pixels in a word, a column of the walk is a word,
// and all windows that begin in it leave together; those behind the last one of a row are zero.
// With Recent above 0 there is a line memory less: a word of the lowest row waits until the window
// is done with the word of the highest one in its place.
// See hw_window_parallel.
#ifndef HW_WINDOW_PARALLEL_HPP
#define HW_WINDOW_PARALLEL_HPP

#include "recode.hpp"
#include "stream.hpp"
#include "window_taps.hpp"

namespace hw {

namespace detail {

// The row of the map that is nearest.
template <class S>
constexpr int nearest_row(int row) {
  return row < 0 ? 0 : (row > S::height - 1 ? S::height - 1 : row);
}

template <class C>
struct walk {
  typedef typename C::Shape S;
  static constexpr int words = S::groups * S::group_words;
  static constexpr int columns = (S::width + C::Pixels - 1) / C::Pixels;
  static constexpr int row_words = columns * words;
  static constexpr int frame_words = S::height * row_words;
  static constexpr int reach = (S::kernel_height - 1) * S::dilation_height;
  static constexpr int across = (S::kernel_width - 1) * S::dilation_width;
  static constexpr int strides = C::Pixels / S::stride_width;
  static constexpr int fewest = strides < S::out_width ? strides : S::out_width;
  static constexpr int windows = C::Pixels > 1 ? fewest : 1;       // of a word
  static constexpr int step = C::Pixels > 1 ? 1 : S::stride_width;  // in columns
  static constexpr int times = (S::out_width + windows - 1) / windows;
  static constexpr int lead = ((windows - 1) * S::stride_width + across - S::pad_left) / C::Pixels;
  static constexpr int last = (times - 1) * step + lead;
  static constexpr int tail = last >= columns ? (last - columns + 1) * words : 0;
  static constexpr int loads = S::out_height * row_words;
  static constexpr int pad_columns = (S::pad_left + C::Pixels - 1) / C::Pixels;
  static constexpr int places = (lead + pad_columns) * words + 1;
  static constexpr int capacity = C::Banks * C::Depth;
  static constexpr int waiting = C::Recent > 0 ? C::Recent : 1;
  static constexpr int taps = window_taps<C>::count;
};

}  // namespace detail

template <class C, class X, class Y>
void window_parallel(stream<X> &x, stream<Y> &y) {
  typedef detail::walk<C> W;
  typedef typename C::Shape S;
  typedef typename Y::element element;
  constexpr recoding style = C::BipolarToInt ? recoding::Bipolar : recoding::Sign;
  constexpr int group_lanes = C::Parallel / C::Abreast;
  X lines[C::Banks][C::Depth];
#pragma HLS BIND_STORAGE variable=lines type=ram_s2p
#pragma HLS ARRAY_PARTITION variable=lines complete dim=1
  X recent[W::waiting];
#pragma HLS ARRAY_PARTITION variable=recent complete
  X kept[W::places][S::kernel_height];
#pragma HLS ARRAY_PARTITION variable=kept complete
  int written = 0, banked = 0, freed = 0, given = 0;
  int row = 0, place = 0, load = 0;     // the load: row of windows, word of the row, of the frame
  int out_row = 0, out_place = 0;       // the window that leaves, as a phase of the walk

  for (int step = 0; step < W::frame_words + W::loads + W::tail; ++step) {
#pragma HLS PIPELINE II=1
    const int first_row = row * S::stride_height - S::pad_top;
    const int needed = detail::nearest_row<S>(first_row + W::reach) * W::row_words + place;
    const bool keeps = written < W::frame_words && written - freed < W::capacity;
    const bool loads = load < W::loads;

    if (given < C::OutFrameWords && (!loads || written > needed)) {
      for (int p = 1; p < W::places; ++p) {
#pragma HLS UNROLL
        for (int k = 0; k < S::kernel_height; ++k) {
#pragma HLS UNROLL
          kept[W::places - p][k] = kept[W::places - p - 1][k];
        }
      }
      for (int k = 0; k < S::kernel_height; ++k) {
#pragma HLS UNROLL
        const int map_row = detail::nearest_row<S>(first_row + k * S::dilation_height);
        const int number = map_row * W::row_words + place;
        const int bank = C::Ring ? 0 : map_row % C::Banks;
        const bool waiting = C::Recent > 0 && number >= banked;
        kept[0][k] = waiting ? recent[number % W::waiting]
            : lines[bank][(C::Ring ? number : place) % C::Depth];
      }

      // The windows whose last column this is.
      const int from_first = (out_place + W::tail) / W::words - W::lead;
      const bool emits = load >= W::tail && from_first >= 0 && from_first % W::step == 0
          && from_first / W::step < W::times;
      if (emits) {
        Y out;
        const int window_row = out_row * S::stride_height - S::pad_top;
        for (int w = 0; w < W::windows; ++w) {
#pragma HLS UNROLL
          const int window_column = from_first * C::Pixels + w * S::stride_width - S::pad_left;
          const bool any = from_first / W::step * W::windows + w < S::out_width;
          for (int g = 0; g < C::Abreast; ++g) {
#pragma HLS UNROLL
            for (int t = 0; t < W::taps; ++t) {
#pragma HLS UNROLL
              const int r = tap_row<C>(t), c = tap_column<C>(t);
              const int map_row = window_row + r * S::dilation_height;
              const int map_column = window_column + c * S::dilation_width;
              const bool on_map = map_row >= 0 && map_row < S::height && map_column >= 0
                  && map_column < S::width;
              // Pixels from the first one that is kept.
              const int far = w * S::stride_width + c * S::dilation_width - S::pad_left
                  + W::pad_columns * C::Pixels;
              const X &word = kept[(W::lead + W::pad_columns - far / C::Pixels) * W::words][r];
              const int first = far % C::Pixels * C::Parallel + g * group_lanes;
              const int tap = (w * C::Abreast + g) * W::taps + t;
              for (int l = 0; l < group_lanes; ++l) {
#pragma HLS UNROLL
                const element value = recode<element, style>(word.lane[first + l]);
                const element on = on_map ? value : element(C::PadCode);
                out.lane[tap * group_lanes + l] = any ? on : element(0);
              }
            }
          }
        }
        y.write(out);
        ++given;
      }

      // The loops of the window, then those of the load.
      if (load >= W::tail) {
        const bool end = out_place == W::row_words - 1;
        out_place = end ? 0 : out_place + 1;
        if (end) ++out_row;
        const int first = out_row * S::stride_height - S::pad_top;
        const int in_row = (first >= 0 && first < S::height) ? out_place : 0;
        const int bounded = first < 0 ? 0 : (first > S::height ? S::height : first);
        freed = (out_row == S::out_height) ? W::frame_words : bounded * W::row_words + in_row;
      }
      ++load;
      const bool end = place == W::row_words - 1;
      place = end ? 0 : place + 1;
      if (end) ++row;
    }
    if (given == C::OutFrameWords) freed = W::frame_words;
    const bool leaves = banked < written && banked - freed < W::capacity;
    const bool waits = written < W::frame_words && written - banked - int(leaves) < W::waiting;
    const bool moves = C::Recent > 0 ? leaves : keeps;
    const bool stores = C::Recent > 0 ? waits : keeps;
    X word;
    if (stores) word = x.read();
    if (moves) {
      const int bank = C::Ring ? 0 : (banked / W::row_words) % C::Banks;
      const X &moved = C::Recent > 0 ? recent[banked % W::waiting] : word;
      lines[bank][(C::Ring ? banked : banked % W::row_words) % C::Depth] = moved;
      ++banked;
    }
    if (stores) {
      if (C::Recent > 0) recent[written % W::waiting] = word;
      ++written;
    }
    if (given == C::OutFrameWords && written == W::frame_words) break;
  }
}

}  // namespace hw

#endif
