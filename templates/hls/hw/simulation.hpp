// Streams of a simulation in machine words. Synthesis never reads this file.
#ifndef HW_SIMULATION_HPP
#define HW_SIMULATION_HPP

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

namespace hw {

// What a stream of this name has carried, for whoever wants to look at it.
typedef void (*tap_function)(const char *name, const void *words, std::size_t bytes);
inline tap_function tap = nullptr;

template <class T>
class stream {
 public:
  stream() = default;
  explicit stream(const char *name) : name_(name) {}
  stream(const stream &) = delete;
  stream &operator=(const stream &) = delete;

  void write(const T &word) { words_.push_back(word); }

  T read() {
    if (next_ == words_.size()) {
      std::fprintf(stderr, "the stream '%s' is read while it is empty\n", name_);
      std::abort();
    }
    return words_[next_++];
  }

  bool empty() const { return next_ == words_.size(); }

  // Words in wait; all those that were ever written come before them.
  std::size_t size() const { return words_.size() - next_; }

  ~stream() {
    if (tap != nullptr && name_[0] != '\0') tap(name_, words_.data(), words_.size() * sizeof(T));
  }

  // Forgets what was read.
  void restart() {
    words_.erase(words_.begin(), words_.begin() + static_cast<std::ptrdiff_t>(next_));
    next_ = 0;
  }

 private:
  const char *name_ = "";
  std::vector<T> words_;
  std::size_t next_ = 0;
};

}  // namespace hw

#endif
