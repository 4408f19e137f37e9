package main

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// version is the release; a build from a checkout adds its commit.
const version = "0.1.0"

type versionCommand struct{}

// Run prints version, commit and Go version.
func (*versionCommand) Run(term terminal) error {
	_, err := fmt.Fprintf(term.out, "rapporteur %s (%s, %s/%s)\n", fullVersion(), runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

func fullVersion() string {
	build, ok := debug.ReadBuildInfo()
	if !ok {
		return version
	}
	for _, s := range build.Settings {
		if s.Key == "vcs.revision" && len(s.Value) >= 12 {
			return version + "+" + s.Value[:12]
		}
	}
	return version
}
