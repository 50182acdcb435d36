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

namespace detail {

[[noreturn]] __attribute__((noinline, cold)) inline void read_while_empty(const char *name) {
  std::fprintf(stderr, "the stream '%s' is read while it is empty\n", name);
  std::abort();
}

}  // namespace detail

// A stream holds whatever is written, in memory that it leaves to those made after it. The streams
// of a function end in the reverse of the order in which they begin, so in the next frame each finds
// the memory that it had, and has nothing to allocate.
template <class T>
class stream {
 public:
  explicit stream(const char *name = "") : name_(name) {
    std::vector<std::vector<T>> &blocks = left_over().blocks;
    if (blocks.empty()) return;
    words_.swap(blocks.back());
    blocks.pop_back();
  }
  stream(const stream &) = delete;
  stream &operator=(const stream &) = delete;

  void write(const T &word) { words_.push_back(word); }

  T read() {
    if (next_ == words_.size()) detail::read_while_empty(name_);
    return words_[next_++];
  }

  bool empty() const { return next_ == words_.size(); }

  // Words in wait; all those that were ever written come before them.
  std::size_t size() const { return words_.size() - next_; }

  ~stream() {
    if (tap != nullptr && name_[0] != '\0') tap(name_, words_.data(), words_.size() * sizeof(T));
    words_.clear();
    if (!at_exit) left_over().blocks.push_back(std::move(words_));
  }

  // Forgets what was read.
  void restart() {
    words_.erase(words_.begin(), words_.begin() + static_cast<std::ptrdiff_t>(next_));
    next_ = 0;
  }

 private:
  // The memory of the streams of this type that have ended, in every thread. Streams of the whole
  // program end after it.
  struct memory {
    std::vector<std::vector<T>> blocks;

    ~memory() { at_exit = true; }
  };
  static inline thread_local bool at_exit = false;

  static memory &left_over() {
    static thread_local memory left;
    return left;
  }

  const char *name_ = "";
  std::vector<T> words_;
  std::size_t next_ = 0;
};

}  // namespace hw

#endif
