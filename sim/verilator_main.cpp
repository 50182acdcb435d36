// Runs an emitted design against files of beats. One program for every design, compiled once per
// machine: it knows the ports only through hw_design.h.
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

#include "hw_design.h"

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
    hw::StreamPort port;
    uint64_t total;  // beats of all frames
    FILE* data = nullptr;
    FILE* cycles = nullptr;
    uint64_t count = 0;         // beats that moved
    std::vector<uint8_t> beat;  // what a source shows, or what a sink saw and did not accept
    bool shown = false;         // there is such a beat
    bool held_last = false;     // its tlast
    bool done() const { return count >= total; }
};

struct Burst {
    uint64_t address;
    uint64_t beats;
    int64_t ready;  // cycle in which the first beat can be shown
};

struct Memory {
    hw::MemoryPort port;
    uint64_t base;
    std::vector<uint8_t> data;
    std::deque<Burst> bursts;
    bool shown = false;    // a beat that the design has not taken yet
    bool waiting = false;  // an address that has not been taken yet
    uint64_t held_address = 0;
    uint64_t held_length = 0;
};

std::string folder;
std::string status;
const char* verdict = nullptr;

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

std::vector<Stream> streams(const hw::Ports<hw::StreamPort>& ports, uint64_t frames,
                            const char* kind, const char* mode) {
    std::vector<Stream> opened;
    for (const hw::StreamPort& port : ports) {
        const std::string name = std::string{kind} + "_" + std::to_string(opened.size());
        Stream stream{port, frames * port.words};
        stream.data = open_file(name + ".beats", mode);
        stream.cycles = open_file(name + ".cycles", "wb");
        stream.beat.resize(port.bytes);
        opened.push_back(std::move(stream));
    }
    return opened;
}

std::vector<Memory> images(const hw::Ports<hw::MemoryPort>& ports) {
    std::vector<Memory> memories;
    for (const hw::MemoryPort& port : ports) {
        Memory memory{port, (memories.size() + 1ull) << 24};
        read_file("memory_" + std::to_string(memories.size()) + ".bin", memory.data, port.size);
        memories.push_back(std::move(memory));
    }
    return memories;
}

void note(const char* word, const Stream& stream, const char* text) {
    status += std::string{word} + " " + stream.port.name + " " + std::to_string(stream.count) + " "
              + text + "\n";
}

void wrong(const char* word, const Stream& stream, const char* text) {
    note(word, stream, text);
    verdict = "error";
}

void broken(const Memory& memory, const char* text) {
    status += std::string{"memory "} + memory.port.name + " 0 " + text + "\n";
    verdict = "error";
}

void moved(Stream& stream, int64_t cycle) {
    ++stream.count;
    std::fwrite(&cycle, 8, 1, stream.cycles);
}

bool last_of_frame(const Stream& stream) { return (stream.count + 1) % stream.port.words == 0; }

// A source that shows nothing may show its next beat. Streams stay in files: runs may be longer
// than memory.
void drive_source(Stream& stream, Random& random) {
    if (stream.shown) return;
    const hw::StreamPort& port = stream.port;
    stream.shown = !stream.done() && !random.stall();
    *port.tvalid = stream.shown;
    if (!stream.shown) return;
    if (std::fread(stream.beat.data(), 1, port.bytes, stream.data) != port.bytes) {
        std::fprintf(stderr, "%s: its file ends too early\n", port.name);
        std::exit(2);
    }
    port.tdata.put(stream.beat.data(), port.bytes);
    *port.tlast = last_of_frame(stream);
}

void drive_memory(Memory& memory, Random& lazy, int64_t cycle) {
    const hw::MemoryPort& port = memory.port;
    *port.arready = !lazy.stall();
    if (memory.shown) return;
    memory.shown = !memory.bursts.empty() && memory.bursts.front().ready <= cycle && !lazy.stall();
    *port.rvalid = memory.shown;
    if (!memory.shown) return;
    port.rdata.put(&memory.data[memory.bursts.front().address], port.bytes);
    *port.rlast = memory.bursts.front().beats == 1;
}

// What the coming clock edge will move; these are true when it moves something.

bool see_source(Stream& stream, int64_t cycle) {
    if (!stream.shown || !*stream.port.tready) return false;
    moved(stream, cycle);
    stream.shown = false;
    return true;
}

bool see_sink(Stream& stream, int64_t cycle) {
    const hw::StreamPort& port = stream.port;
    const bool valid = *port.tvalid, last = *port.tlast;
    if (stream.shown
        && (!valid || std::memcmp(port.tdata.place, stream.beat.data(), port.bytes) != 0
            || stream.held_last != last)) {
        wrong("unstable", stream, "a beat changed or went away before it was taken");
    }
    stream.shown = valid && !*port.tready;
    if (stream.shown) {
        std::memcpy(stream.beat.data(), port.tdata.place, port.bytes);
        stream.held_last = last;
    }
    if (!valid || !*port.tready) return false;
    if (stream.done()) {
        wrong("surplus", stream, "more beats than the frames have");
        return true;
    }
    const bool expected = last_of_frame(stream);
    if (expected != last) wrong("tlast", stream, expected ? "missing" : "too early");
    std::fwrite(port.tdata.place, 1, port.bytes, stream.data);
    moved(stream, cycle);
    return true;
}

// An address that the memory takes, or sees and does not take.
void see_address(Memory& memory, int64_t ready) {
    const hw::MemoryPort& port = memory.port;
    const uint64_t address = port.araddr, length = port.arlen;
    const uint64_t beats = length + 1, bytes = beats * port.bytes;
    if (memory.waiting && (address != memory.held_address || length != memory.held_length)) {
        broken(memory, "an address changed before it was taken");
    }
    memory.waiting = !*port.arready;
    memory.held_address = address;
    memory.held_length = length;
    if (memory.waiting) return;
    if ((size_t{1} << port.arsize) != port.bytes || port.arburst != 1
        || address % port.bytes != 0) {
        broken(memory, "a burst is not aligned, not of full beats, or not INCR");
    } else if (address / 4096 != (address + bytes - 1) / 4096) {
        broken(memory, "a burst crosses a 4 KiB boundary");
    } else if (address < memory.base || address + bytes > memory.base + port.size) {
        broken(memory, "a burst leaves the image");
    } else {
        memory.bursts.push_back({address - memory.base, beats, ready});
    }
}

void see_memory(Memory& memory, int64_t ready) {
    const hw::MemoryPort& port = memory.port;
    if (memory.shown && *port.rready) {
        Burst& burst = memory.bursts.front();
        burst.address += port.bytes;
        memory.shown = false;
        if (--burst.beats == 0) memory.bursts.pop_front();
    }
    if (*port.arvalid) {
        see_address(memory, ready);
    } else if (memory.waiting) {
        broken(memory, "an address went away before it was taken");
    }
    if (*port.error) broken(memory, "the design reports a failed read");
}

void be_idle(const hw::Design& dut, const std::vector<Memory>& memories) {
    *dut.aclk = 0;
    *dut.aresetn = 0;
    for (const hw::StreamPort& port : dut.inputs) *port.tvalid = *port.tlast = 0;
    for (const hw::StreamPort& port : dut.outputs) *port.tready = 0;
    for (const Memory& memory : memories) {
        const hw::MemoryPort& port = memory.port;
        *port.arready = *port.rvalid = 0;
        port.rid = 0;
        port.rresp = 0;
        port.base = memory.base;
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
    const int64_t latency = std::strtoll(argv[6], nullptr, 10);
    const double memory_stall = std::strtod(argv[7], nullptr);

    const std::unique_ptr<hw::Design> dut{
        hw::make_design(static_cast<int>(seed % 0x7ffffffe) + 1, argc > 8 ? argv[8] : nullptr)};

    std::vector<Stream> inputs = streams(dut->inputs, frames, "input", "rb");
    std::vector<Stream> outputs = streams(dut->outputs, frames, "output", "wb");
    std::vector<Memory> memories = images(dut->memories);
    Random random{seed, stall};
    Random lazy{seed + 1, memory_stall};

    const auto edge = [&]() {
        dut->tick();
        *dut->aclk = 1;
        dut->eval();
        dut->tick();
        *dut->aclk = 0;
    };

    be_idle(*dut, memories);
    for (int i = 0; i < kResetCycles; ++i) {
        dut->eval();
        edge();
    }
    *dut->aresetn = 1;

    uint64_t idle = 0;
    int drained = 0;
    int64_t cycle = 0;
    for (; !verdict; ++cycle) {
        for (Stream& input : inputs) drive_source(input, random);
        for (Stream& output : outputs) *output.port.tready = !random.stall();
        for (Memory& memory : memories) drive_memory(memory, lazy, cycle);
        dut->eval();

        bool done = true, moving = false;
        for (Stream& input : inputs) {
            moving = see_source(input, cycle) || moving;
            done = done && input.done();
        }
        for (Stream& output : outputs) {
            moving = see_sink(output, cycle) || moving;
            done = done && output.done();
        }
        for (Memory& memory : memories) see_memory(memory, cycle + latency);
        idle = moving ? 0 : idle + 1;
        if (*dut->frame_error) {
            status += "frame_error design 0 frame_error_o is high\n";
            verdict = "error";
        }
        if (!verdict && done && ++drained > kDrainCycles) verdict = "done";
        if (!verdict && !done && idle > max_idle) verdict = "deadlock";
        edge();
    }

    for (const Stream& input : inputs) {
        note("input", input, input.shown ? "waiting" : input.done() ? "complete" : "idle");
    }
    for (const Stream& output : outputs) {
        note("output", output, output.done() ? "complete" : "waiting");
    }
    for (const Memory& memory : memories) {
        status += std::string{"starved "} + memory.port.name + " "
                  + std::to_string(uint64_t{memory.port.starved}) + "\n";
    }
    status += std::string{"cycles design "} + std::to_string(cycle) + "\n" + verdict + "\n";
    dut->finish();
    for (const std::vector<Stream>* ports : {&inputs, &outputs}) {
        for (const Stream& stream : *ports) {
            close_file(stream.data);
            close_file(stream.cycles);
        }
    }
    write_file("status.txt", status.data(), status.size());
    return 0;
}
