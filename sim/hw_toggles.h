// Counts how often every net of a design changes, in the place of a waveform file.
//
// Verilator writes its waveform (VCD) to a `VerilatedVcdFile`; this one reads what comes, and keeps a
// count for every net. Signals that are one net have one code in a waveform. Changes count once
// reset was released; a bit that goes from 0 to 1 or from 1 to 0 is one. When it is closed, the file
// has a line for every net:
//
//   CHANGES BITS NAME...
//
// with all names of the net, as scopes joined by dots. Parameters, which are no nets, are left out.

#ifndef HW_TOGGLES_H
#define HW_TOGGLES_H

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <sstream>
#include <string>
#include <unordered_map>
#include <vector>

#include "verilated_vcd_c.h"

namespace hw {

class ToggleFile final : public VerilatedVcdFile {
    struct Net {
        size_t bits = 0;
        uint64_t changes = 0;
        std::string value;  // empty before the first
        std::vector<std::string> names;
    };

    std::string path_, line_;
    std::vector<std::string> scopes_;
    std::vector<Net> nets_;
    std::unordered_map<std::string, size_t> known_;  // code to net
    size_t reset_ = 0;                               // net of the reset, plus one
    bool defined_ = false, released_ = false, counting_ = false;

    void define(const std::string& line) {
        std::istringstream words{line};
        std::string word, kind, bits, code, name;
        words >> word;
        if (word == "$scope") {
            words >> kind >> name;
            scopes_.push_back(name);
        } else if (word == "$upscope") {
            scopes_.pop_back();
        } else if (word == "$enddefinitions") {
            defined_ = true;
        } else if (word == "$var") {
            words >> kind >> bits >> code >> name;
            if (kind != "parameter") declare(std::strtoul(bits.c_str(), nullptr, 10), code, name);
        }
    }

    void declare(size_t bits, const std::string& code, const std::string& name) {
        const auto found = known_.emplace(code, nets_.size());
        if (found.second) nets_.emplace_back();
        Net& net = nets_[found.first->second];
        net.bits = bits;
        std::string full;
        for (const std::string& scope : scopes_) full += scope + ".";
        net.names.push_back(full + name);
        if (name == "aresetn") reset_ = found.first->second + 1;
    }

    void change(const std::string& line) {
        if (line.empty()) return;
        if (line[0] == '#') counting_ = released_;  // from the moment after the release on
        const bool wide = line[0] == 'b';
        if (!wide && line[0] != '0' && line[0] != '1') return;  // a time, or a keyword
        const size_t end = wide ? line.find(' ') : 1;
        const auto found = known_.find(line.substr(wide ? end + 1 : end));
        if (found == known_.end()) return;  // a parameter
        Net& net = nets_[found->second];
        std::string value = wide ? line.substr(1, end - 1) : line.substr(0, 1);
        if (value.size() < net.bits) value.insert(0, net.bits - value.size(), '0');
        if (counting_ && !net.value.empty()) {
            for (size_t bit = 0; bit < net.bits; ++bit) net.changes += value[bit] != net.value[bit];
        }
        net.value.swap(value);
        if (found->second + 1 == reset_ && net.value == "1") released_ = true;
    }

  public:
    bool open(const std::string& name) override {
        path_ = name;
        return true;
    }

    ssize_t write(const char* text, ssize_t size) override {
        for (ssize_t index = 0; index < size; ++index) {
            if (text[index] != '\n') {
                line_ += text[index];
                continue;
            }
            defined_ ? change(line_) : define(line_);
            line_.clear();
        }
        return size;
    }

    void close() override {
        if (path_.empty()) return;
        FILE* const file = std::fopen(path_.c_str(), "w");
        if (!file) {
            std::perror(path_.c_str());
            std::exit(2);
        }
        for (const Net& net : nets_) {
            std::fprintf(file, "%llu %zu", static_cast<unsigned long long>(net.changes), net.bits);
            for (const std::string& name : net.names) std::fprintf(file, " %s", name.c_str());
            std::fputc('\n', file);
        }
        if (std::fclose(file) != 0) {
            std::perror(path_.c_str());
            std::exit(2);
        }
        path_.clear();
    }
};

}  // namespace hw

#endif
