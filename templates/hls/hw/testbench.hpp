// What test benches need of the ports: beats as bytes, from files. Synthesis never reads this file.
#ifndef HW_TESTBENCH_HPP
#define HW_TESTBENCH_HPP

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "axis.hpp"

namespace hw {

// The bytes of tdata, the least significant first, and tlast.
template <int Bytes>
struct octets {
  unsigned char byte[Bytes];
  bool last;
};

template <int Bytes>
beat<Bytes> beat_of(const octets<Bytes> &from) {
  beat<Bytes> to;
#ifdef HW_EXACT_WIDTHS
  to.keep = -1;
  to.strb = -1;
  for (int i = 0; i < Bytes; ++i) to.data.range(8 * i + 7, 8 * i) = from.byte[i];
#else
  for (int i = 0; i < Bytes; ++i) to.data[i] = from.byte[i];
#endif
  to.last = from.last;
  return to;
}

template <int Bytes>
octets<Bytes> octets_of(const beat<Bytes> &from) {
  octets<Bytes> to;
  for (int i = 0; i < Bytes; ++i) {
#ifdef HW_EXACT_WIDTHS
    to.byte[i] = static_cast<unsigned char>(from.data.range(8 * i + 7, 8 * i).to_uint());
#else
    to.byte[i] = from.data[i];
#endif
  }
  to.last = from.last != 0;
  return to;
}

// The beats of a file: two hexadecimal digits for every byte, the most significant first, a line for
// every beat.
template <int Bytes>
std::vector<octets<Bytes>> read_beats(const std::string &path, int frame_words) {
  std::vector<octets<Bytes>> beats;
  std::FILE *file = std::fopen(path.c_str(), "r");
  if (file == nullptr) {
    std::fprintf(stderr, "%s can not be read\n", path.c_str());
    std::exit(2);
  }
  octets<Bytes> next;
  int at = Bytes - 1;
  unsigned value = 0;
  while (std::fscanf(file, "%2x", &value) == 1) {
    next.byte[at] = static_cast<unsigned char>(value);
    if (at-- > 0) continue;
    at = Bytes - 1;
    next.last = (beats.size() + 1) % static_cast<std::size_t>(frame_words) == 0;
    beats.push_back(next);
  }
  std::fclose(file);
  return beats;
}

// Takes a frame from a port and says how many beats are not as they should be.
template <int Bytes>
int differing(axis<Bytes> &port, const std::vector<octets<Bytes>> &golden, std::size_t frame,
              int frame_words, const char *name) {
  int wrong = 0;
  for (int i = 0; i < frame_words; ++i) {
    const std::size_t at = frame * static_cast<std::size_t>(frame_words) + static_cast<std::size_t>(i);
    if (port.empty()) {
      std::printf("frame %u: %s ends after %d beats\n", static_cast<unsigned>(frame), name, i);
      return wrong + 1;
    }
    const octets<Bytes> got = octets_of<Bytes>(port.read());
    bool same = got.last == golden[at].last;
    for (int byte = 0; byte < Bytes; ++byte) same = same && got.byte[byte] == golden[at].byte[byte];
    if (same) continue;
    if (wrong++ == 0) std::printf("frame %u: beat %d of %s differs\n", static_cast<unsigned>(frame), i, name);
  }
  return wrong;
}

}  // namespace hw

#endif
