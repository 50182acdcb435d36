// The K largest elements of a vector, or their positions, largest first; of equal elements the one
// that comes first.
//
// A vector comes in Words words of Lanes elements, the last with LastLanes. Every lane keeps a
// sorted list of its Depth largest elements; when the vector is complete, the largest head is drawn
// K times. See hw_topk.
#ifndef HW_TOPK_HPP
#define HW_TOPK_HPP

#include "stream.hpp"

namespace hw {

template <class C, class X, class Y>
void topk(stream<X> &x, stream<Y> &y) {
  typedef calc<C::Width + 1> value_t;
  constexpr int vectors = C::OutFrameWords / C::K;
  value_t value[C::Lanes][C::Depth];
  int place[C::Lanes][C::Depth];
  bool present[C::Lanes][C::Depth];
#pragma HLS ARRAY_PARTITION variable=value complete dim=0
#pragma HLS ARRAY_PARTITION variable=place complete dim=0
#pragma HLS ARRAY_PARTITION variable=present complete dim=0
  for (int lane = 0; lane < C::Lanes; ++lane) {
#pragma HLS UNROLL
    for (int entry = 0; entry < C::Depth; ++entry) {
#pragma HLS UNROLL
      value[lane][entry] = 0;
      place[lane][entry] = 0;
      present[lane][entry] = false;
    }
  }

  for (int vector = 0; vector < vectors; ++vector) {
    for (int index = 0; index < C::Words; ++index) {
#pragma HLS PIPELINE II=1
      const X in = x.read();
      for (int lane = 0; lane < C::Lanes; ++lane) {
#pragma HLS UNROLL
        const bool unused = lane >= C::LastLanes && index == C::Words - 1;
        value_t moving = value_t(in.lane[lane]);
        int moving_place = index * C::Lanes + lane;
        bool moves = !unused, found = false;
        for (int entry = 0; entry < C::Depth; ++entry) {
#pragma HLS UNROLL
          const bool there = index != 0 && present[lane][entry];
          const value_t held = value[lane][entry];
          const int held_place = place[lane][entry];
          // From the place of the new element on, every entry moves on by one, also before an
          // equal one: that came later.
          found = found || !there || moving > held;
          if (moves && found) {
            value[lane][entry] = moving;
            place[lane][entry] = moving_place;
            present[lane][entry] = true;
            moving = held;
            moving_place = held_place;
            moves = there;
          } else {
            present[lane][entry] = there;
          }
        }
      }
    }
    for (int drawn = 0; drawn < C::K; ++drawn) {
#pragma HLS PIPELINE II=1
      int winner = 0;
      for (int lane = 1; lane < C::Lanes; ++lane) {
#pragma HLS UNROLL
        const bool larger = value[lane][0] > value[winner][0] ||
                            (value[lane][0] == value[winner][0] && place[lane][0] < place[winner][0]);
        if (present[lane][0] && (!present[winner][0] || larger)) winner = lane;
      }
      Y out;
      out.lane[0] = C::GiveIndex ? typename Y::element(place[winner][0])
                                 : typename Y::element(value[winner][0]);
      y.write(out);
      for (int entry = 0; entry + 1 < C::Depth; ++entry) {
#pragma HLS UNROLL
        value[winner][entry] = value[winner][entry + 1];
        place[winner][entry] = place[winner][entry + 1];
        present[winner][entry] = present[winner][entry + 1];
      }
      present[winner][C::Depth - 1] = false;
    }
  }
}

}  // namespace hw

#endif
