package main

import (
	"fmt"
	"runtime"
	"runtime/debug"

	"github.com/spf13/cobra"
)

// newVersion makes the command that prints versions.
func newVersion(g *global) *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of genops and of what it was built with",
		Args:  atMost(0),
		RunE: func(*cobra.Command, []string) error {
			info := buildVersion()
			if g.json() {
				return g.print(info)
			}
			fmt.Fprintf(g.out, "genops %s (%s, %s)\n", info.Version, info.Go, info.Platform)
			return nil
		},
	}
}

type versionInfo struct {
	Version  string `json:"version"`
	Go       string `json:"go"`
	Platform string `json:"platform"`
}

func buildVersion() versionInfo {
	info := versionInfo{Version: version, Go: runtime.Version(), Platform: runtime.GOOS + "/" + runtime.GOARCH}
	if info.Version == "" {
		info.Version = "development"
		if build, ok := debug.ReadBuildInfo(); ok && build.Main.Version != "" && build.Main.Version != "(devel)" {
			info.Version = build.Main.Version
		}
	}
	return info
}
