// Generate writes schemas.zip, the archive that package schemas embeds, from the definitions of custom resources in the modules that
// schemas.Table names. It runs in the folder of package schemas.
//
// It needs the network only for modules that Go's module cache does not have.
package main

import (
	"context"
	"fmt"
	"os"
)

func main() {
	if err := generate(context.Background(), "schemas.zip"); err != nil {
		fmt.Fprintln(os.Stderr, "generate schemas:", err)
		os.Exit(1)
	}
}
