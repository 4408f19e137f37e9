package main

import (
	"os"
	"slices"
	"strings"
)

// processor names the processor and those of its instruction sets that matter here, as Linux tells them.
func processor() string {
	data, err := os.ReadFile("/proc/cpuinfo")
	if err != nil {
		return "a processor this system does not name"
	}
	return describe(string(data))
}

func describe(cpuinfo string) string {
	model, sets := "unknown processor", []string{}
	for line := range strings.Lines(cpuinfo) {
		name, value, _ := strings.Cut(line, ":")
		switch strings.TrimSpace(name) {
		case "model name":
			model = strings.TrimSpace(value)
		case "flags":
			sets = strings.Fields(value)
		}
	}
	var known []string
	for _, set := range []string{"avx2", "fma", "avx_vnni", "avx512f", "avx512bw", "avx512vl", "avx512_vnni", "avx512_bf16", "amx_int8"} {
		if slices.Contains(sets, set) {
			known = append(known, set)
		}
	}
	return model + " (" + strings.Join(known, " ") + ")"
}
