// Genops turns descriptions of environments in CUE into the manifests that a bootstrap cluster builds and runs them from.
package main

import (
	"os"
)

// version is set when a release is built.
var version = ""

func main() {
	os.Exit(run(os.Args[1:], streams{in: os.Stdin, out: os.Stdout, err: os.Stderr, env: os.Getenv}))
}
