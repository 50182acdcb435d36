// Which taps of a kernel a sliding window gives: all of them, or those whose places a configuration
// lists, row after row, as TapPlaces[TapCount]. See hw_window_position.
#ifndef HW_WINDOW_TAPS_HPP
#define HW_WINDOW_TAPS_HPP

namespace hw {

// All.
template <class C, class = void>
struct window_taps {
  static constexpr int count = C::Shape::kernel_height * C::Shape::kernel_width;
  static constexpr int place(int tap) { return tap; }
};

// Those of a list.
template <class C>
struct window_taps<C, decltype(void(C::TapCount))> {
  static constexpr int count = C::TapCount;
  static constexpr int place(int tap) { return C::TapPlaces[tap]; }
};

template <class C>
constexpr int tap_row(int tap) {
  return window_taps<C>::place(tap) / C::Shape::kernel_width;
}

template <class C>
constexpr int tap_column(int tap) {
  return window_taps<C>::place(tap) % C::Shape::kernel_width;
}

}  // namespace hw

#endif
