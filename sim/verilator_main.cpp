// Runs an emitted design against files of beats. One program for every design: the ports come from
// the generated header hw_ports.h, which defines
//
//   HW_INPUTS(PORT)    PORT(index, prefix, bytes, words) for every AXI4-Stream input
//   HW_OUTPUTS(PORT)   the same for every output
//   HW_MEMORIES(PORT)  PORT(index, prefix, status, bytes, size) for every AXI4 read master
//
// with `bytes` the width of tdata or rdata in bytes, `words` the beats of a frame and `size` the
// bytes of the image in external memory.
//
//   simulator FOLDER FRAMES STALL SEED MAX_IDLE LATENCY MEMORY_STALL [WAVES]
//
// Reads FOLDER/input_<i>.beats (FRAMES * words * bytes raw bytes) and the images
// FOLDER/memory_<i>.bin. Writes FOLDER/output_<i>.beats,
// and for every port FOLDER/input_<i>.cycles and FOLDER/output_<i>.cycles: the cycle of each
// transfer as a 64-bit integer, counted from 0 in the first cycle after reset. FOLDER/status.txt
// holds lines "<word> <rest>"; the first word of the last line is done, deadlock or error.
//
// A source holds back each beat with probability STALL in every cycle, and never withdraws a beat it
// has shown; a sink lowers tready with probability STALL. Numbers in files are little-endian.
//
// External memory takes an address unless it stalls, with probability MEMORY_STALL per cycle. It
// shows the first beat of a burst LATENCY cycles after that at the earliest, and then a beat per
// cycle unless it stalls; bursts overlap. It checks that reads stay within the image and keep the
// rules of AXI4.

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "Vdut.h"
#include "hw_ports.h"
#include "verilated.h"
#if VM_TRACE_FST
#include "verilated_fst_c.h"
using Trace = VerilatedFstC;
#elif VM_TRACE
#include "verilated_vcd_c.h"
using Trace = VerilatedVcdC;
#endif

namespace {

constexpr int kResetCycles = 4;
constexpr int kDrainCycles = 64;  // cycles after the last expected beat in which none may follow

struct Random {
    uint64_t state;
    uint64_t threshold;  // of 2^32: how often `stall` is true
    Random(uint64_t seed, double probability)
        : state{seed * 0x9E3779B97F4A7C15ull + 0xD1B54A32D192ED03ull}
        , threshold{static_cast<uint64_t>(probability * 4294967296.0)} {
        for (int i = 0; i < 8; ++i) next();
    }
    uint64_t next() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        return state * 0x2545F4914F6CDD1Dull >> 32;
    }
    bool stall() { return threshold != 0 && next() < threshold; }
};

struct Stream {
    const char* prefix;
    size_t bytes;
    uint64_t words;
    uint64_t total;  // beats of all frames
    FILE* data = nullptr;
    FILE* cycles = nullptr;
    uint64_t count = 0;         // beats that moved
    std::vector<uint8_t> beat;  // what a source shows
    bool shown = false;      // a source shows a beat; a sink saw one that it did not accept
    std::vector<uint8_t> held;  // what the sink saw then
    bool held_last = false;
    uint64_t moved() const { return count; }
    bool done() const { return count >= total; }
};

struct Burst {
    uint64_t address;
    uint64_t beats;
    int64_t ready;  // cycle in which the first beat can be shown
};

struct Memory {
    const char* prefix;
    const char* status;
    size_t bytes;
    uint64_t size;
    uint64_t base;
    std::vector<uint8_t> data;
    std::deque<Burst> bursts;
    bool shown = false;    // a beat that the design has not taken yet
    bool waiting = false;  // an address that has not been taken yet
    uint64_t held_address = 0;
    uint32_t held_length = 0;
};

std::string folder;
std::string status;

void write_file(const std::string& name, const void* data, size_t size) {
    FILE* const file = std::fopen((folder + "/" + name).c_str(), "wb");
    if (!file || std::fwrite(data, 1, size, file) != size || std::fclose(file) != 0) {
        std::perror(name.c_str());
        std::exit(2);
    }
}

void read_file(const std::string& name, std::vector<uint8_t>& data, size_t size) {
    data.resize(size);
    FILE* const file = std::fopen((folder + "/" + name).c_str(), "rb");
    if (!file || std::fread(data.data(), 1, size, file) != size) {
        std::fprintf(stderr, "%s: cannot read %zu bytes\n", name.c_str(), size);
        std::exit(2);
    }
    std::fclose(file);
}

FILE* open_file(const std::string& name, const char* mode) {
    FILE* const file = std::fopen((folder + "/" + name).c_str(), mode);
    if (!file) {
        std::perror(name.c_str());
        std::exit(2);
    }
    std::setvbuf(file, nullptr, _IOFBF, 1 << 16);
    return file;
}

void close_file(FILE* file) {
    if (std::ferror(file) || std::fclose(file) != 0) {
        std::perror("a file of beats");
        std::exit(2);
    }
}

// The next beat that a source shows. Streams stay in files: runs may be longer than memory.
void next_beat(Stream& port) {
    if (std::fread(port.beat.data(), 1, port.bytes, port.data) != port.bytes) {
        std::fprintf(stderr, "%s: its file ends too early\n", port.prefix);
        std::exit(2);
    }
}

void moved(Stream& port, int64_t cycle) {
    ++port.count;
    std::fwrite(&cycle, 8, 1, port.cycles);
}

// tdata is an integer of 8 to 64 bits, or an array of 32-bit words; little-endian either way.
template <typename T>
void put(T& signal, const uint8_t* beat, size_t bytes) {
    if (bytes != sizeof(T)) std::memset(&signal, 0, sizeof(T));
    std::memcpy(&signal, beat, bytes);
}

template <typename T>
bool same(const T& signal, const std::vector<uint8_t>& beat) {
    return std::memcmp(&signal, beat.data(), beat.size()) == 0;
}

template <typename T>
void get(const T& signal, FILE* file, size_t bytes) {
    std::fwrite(&signal, 1, bytes, file);
}

void note(const char* word, const Stream& port, const char* text) {
    status += std::string{word} + " " + port.prefix + " " + std::to_string(port.moved()) + " "
              + text + "\n";
}

void broken(const char*& verdict, const Memory& port, const char* text) {
    status += std::string{"memory "} + port.prefix + " 0 " + text + "\n";
    verdict = "error";
}

// An address that the memory takes, or sees and does not take.
void look(const char*& verdict, Memory& port, uint64_t address, uint32_t length, uint32_t size,
          uint32_t kind, bool taken, int64_t ready) {
    const uint64_t beats = length + 1, bytes = beats * port.bytes;
    if (port.waiting && (address != port.held_address || length != port.held_length)) {
        broken(verdict, port, "an address changed before it was taken");
    }
    port.waiting = !taken;
    port.held_address = address;
    port.held_length = length;
    if (!taken) return;
    if ((size_t{1} << size) != port.bytes || kind != 1 || address % port.bytes != 0) {
        broken(verdict, port, "a burst is not aligned, not of full beats, or not INCR");
    } else if (address / 4096 != (address + bytes - 1) / 4096) {
        broken(verdict, port, "a burst crosses a 4 KiB boundary");
    } else if (address < port.base || address + bytes > port.base + port.size) {
        broken(verdict, port, "a burst leaves the image");
    } else {
        port.bursts.push_back({address - port.base, beats, ready});
    }
}

}  // namespace

int main(int argc, char** argv) {
    if (argc < 8) {
        std::fprintf(stderr, "usage: simulator FOLDER FRAMES STALL SEED MAX_IDLE LATENCY "
                             "MEMORY_STALL [WAVES]\n");
        return 2;
    }
    folder = argv[1];
    const uint64_t frames = std::strtoull(argv[2], nullptr, 10);
    const double stall = std::strtod(argv[3], nullptr);
    const uint64_t seed = std::strtoull(argv[4], nullptr, 10);
    const uint64_t max_idle = std::strtoull(argv[5], nullptr, 10);
    [[maybe_unused]] const int64_t latency = std::strtoll(argv[6], nullptr, 10);
    const double memory_stall = std::strtod(argv[7], nullptr);

    const std::unique_ptr<VerilatedContext> context{new VerilatedContext};
    context->randReset(2);  // registers that nobody resets start with random bits
    context->randSeed(static_cast<int>(seed % 0x7ffffffe) + 1);
    context->traceEverOn(argc > 8);
    const std::unique_ptr<Vdut> dut{new Vdut{context.get()}};
#if VM_TRACE
    std::unique_ptr<Trace> trace;
    if (argc > 8) {
        trace.reset(new Trace);
        dut->trace(trace.get(), 99);
        trace->open(argv[8]);
    }
#define HW_DUMP() \
    if (trace) trace->dump(context->time())
#else
#define HW_DUMP()
#endif

    std::vector<Stream> inputs, outputs;
#define PORT(index, name, size, count) inputs.push_back({#name, size, count, frames * (count)});
    HW_INPUTS(PORT)
#undef PORT
#define PORT(index, name, size, count) outputs.push_back({#name, size, count, frames * (count)});
    HW_OUTPUTS(PORT)
#undef PORT
    for (size_t i = 0; i < inputs.size(); ++i) {
        Stream& port = inputs[i];
        port.data = open_file("input_" + std::to_string(i) + ".beats", "rb");
        port.cycles = open_file("input_" + std::to_string(i) + ".cycles", "wb");
        port.beat.resize(port.bytes);
    }
    for (size_t i = 0; i < outputs.size(); ++i) {
        Stream& port = outputs[i];
        port.data = open_file("output_" + std::to_string(i) + ".beats", "wb");
        port.cycles = open_file("output_" + std::to_string(i) + ".cycles", "wb");
        port.held.resize(port.bytes);
    }
    std::vector<Memory> memories;
#define PORT(index, name, state, size, total) \
    memories.push_back({#name, #state, size, total, (index + 1ull) << 24});
    HW_MEMORIES(PORT)
#undef PORT
    for (size_t i = 0; i < memories.size(); ++i) {
        read_file("memory_" + std::to_string(i) + ".bin", memories[i].data, memories[i].size);
    }
    Random random{seed, stall};
    [[maybe_unused]] Random lazy{seed + 1, memory_stall};

    const auto edge = [&]() {
        HW_DUMP();
        context->timeInc(1);
        dut->aclk = 1;
        dut->eval();
        HW_DUMP();
        context->timeInc(1);
        dut->aclk = 0;
    };

    dut->aclk = 0;
    dut->aresetn = 0;
#define PORT(index, name, size, count) \
    dut->name##_tvalid = 0;            \
    dut->name##_tlast = 0;
    HW_INPUTS(PORT)
#undef PORT
#define PORT(index, name, size, count) dut->name##_tready = 0;
    HW_OUTPUTS(PORT)
#undef PORT
#define PORT(index, name, state, size, total) \
    dut->name##_arready = 0;                  \
    dut->name##_rvalid = 0;                   \
    dut->name##_rid = 0;                      \
    dut->name##_rresp = 0;                    \
    dut->state##_base_i = memories[index].base;
    HW_MEMORIES(PORT)
#undef PORT
    for (int i = 0; i < kResetCycles; ++i) {
        dut->eval();
        edge();
    }
    dut->aresetn = 1;

    const char* verdict = nullptr;
    uint64_t idle = 0;
    int drained = 0;
    int64_t cycle = 0;
    for (; !verdict; ++cycle) {
        bool done = true;
        // Drive.
#define PORT(index, name, size, count)                                            \
    {                                                                             \
        Stream& port = inputs[index];                                             \
        if (!port.shown) {                                                        \
            port.shown = !port.done() && !random.stall();                         \
            dut->name##_tvalid = port.shown;                                      \
            if (port.shown) {                                                     \
                next_beat(port);                                                  \
                put(dut->name##_tdata, port.beat.data(), size);                   \
                dut->name##_tlast = (port.moved() + 1) % (count) == 0;            \
            }                                                                     \
        }                                                                         \
    }
        HW_INPUTS(PORT)
#undef PORT
#define PORT(index, name, size, count) dut->name##_tready = !random.stall();
        HW_OUTPUTS(PORT)
#undef PORT
#define PORT(index, name, state, size, total)                                        \
    {                                                                                \
        Memory& port = memories[index];                                              \
        dut->name##_arready = !lazy.stall();                                         \
        if (!port.shown) {                                                           \
            port.shown = !port.bursts.empty() && port.bursts.front().ready <= cycle  \
                         && !lazy.stall();                                           \
            dut->name##_rvalid = port.shown;                                         \
            if (port.shown) {                                                        \
                put(dut->name##_rdata, &port.data[port.bursts.front().address], size); \
                dut->name##_rlast = port.bursts.front().beats == 1;                  \
            }                                                                        \
        }                                                                            \
    }
        HW_MEMORIES(PORT)
#undef PORT
        dut->eval();

        // Observe what the coming clock edge will move.
        ++idle;
#define PORT(index, name, size, count)                \
    {                                                 \
        Stream& port = inputs[index];                 \
        if (port.shown && dut->name##_tready) {       \
            moved(port, cycle);                       \
            port.shown = false;                       \
            idle = 0;                                 \
        }                                             \
        done = done && port.done();                   \
    }
        HW_INPUTS(PORT)
#undef PORT
#define PORT(index, name, size, count)                                              \
    {                                                                               \
        Stream& port = outputs[index];                                              \
        const bool valid = dut->name##_tvalid;                                      \
        if (port.shown                                                              \
            && (!valid || !same(dut->name##_tdata, port.held)                       \
                || port.held_last != static_cast<bool>(dut->name##_tlast))) {       \
            note("unstable", port, "a beat changed or went away before it was taken"); \
            verdict = "error";                                                      \
        }                                                                           \
        port.shown = valid && !dut->name##_tready;                                  \
        if (port.shown) {                                                           \
            std::memcpy(port.held.data(), &dut->name##_tdata, size);                \
            port.held_last = dut->name##_tlast;                                     \
        }                                                                           \
        if (valid && dut->name##_tready) {                                          \
            idle = 0;                                                               \
            if (port.done()) {                                                      \
                note("surplus", port, "more beats than the frames have");           \
                verdict = "error";                                                  \
            } else {                                                                \
                const bool last = (port.moved() + 1) % (count) == 0;                \
                if (last != static_cast<bool>(dut->name##_tlast)) {                 \
                    note("tlast", port, last ? "missing" : "too early");            \
                    verdict = "error";                                              \
                }                                                                   \
                get(dut->name##_tdata, port.data, size);                            \
                moved(port, cycle);                                                 \
            }                                                                       \
        }                                                                           \
        done = done && port.done();                                                 \
    }
        HW_OUTPUTS(PORT)
#undef PORT
#define PORT(index, name, state, size, total)                                          \
    {                                                                                  \
        Memory& port = memories[index];                                                \
        if (port.shown && dut->name##_rready) {                                        \
            Burst& burst = port.bursts.front();                                        \
            burst.address += size;                                                     \
            port.shown = false;                                                        \
            if (--burst.beats == 0) port.bursts.pop_front();                           \
        }                                                                              \
        if (dut->name##_arvalid) {                                                     \
            look(verdict, port, dut->name##_araddr, dut->name##_arlen,                 \
                 dut->name##_arsize, dut->name##_arburst, dut->name##_arready,         \
                 cycle + latency);                                                     \
        } else if (port.waiting) {                                                     \
            broken(verdict, port, "an address went away before it was taken");         \
        }                                                                              \
        if (dut->state##_error_o) broken(verdict, port, "the design reports a failed read"); \
    }
        HW_MEMORIES(PORT)
#undef PORT
        if (dut->frame_error_o) {
            status += "frame_error design 0 frame_error_o is high\n";
            verdict = "error";
        }
        if (!verdict && done && ++drained > kDrainCycles) verdict = "done";
        if (!verdict && !done && idle > max_idle) verdict = "deadlock";
        edge();
    }

    for (const Stream& port : inputs) {
        note("input", port, port.shown ? "waiting" : port.done() ? "complete" : "idle");
    }
    for (const Stream& port : outputs) note("output", port, port.done() ? "complete" : "waiting");
#define PORT(index, name, state, size, total) \
    status += std::string{"starved "} + #name + " " + std::to_string(dut->state##_starved_o) + "\n";
    HW_MEMORIES(PORT)
#undef PORT
    status += std::string{"cycles design "} + std::to_string(cycle) + "\n" + verdict + "\n";
#if VM_TRACE
    if (trace) trace->close();
#endif
    dut->final();
    for (const std::vector<Stream>* ports : {&inputs, &outputs}) {
        for (const Stream& port : *ports) {
            close_file(port.data);
            close_file(port.cycles);
        }
    }
    write_file("status.txt", status.data(), status.size());
    return 0;
}
