// Command make writes the model of package safety to a file, and says how good it is.
package main

import (
	"fmt"
	"os"

	"parley/safety/train"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: go run ./safety/train/make FILE")
		os.Exit(2)
	}
	model, figures, err := train.Model()
	if err == nil {
		err = os.WriteFile(os.Args[1], model, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "train:", err)
		os.Exit(1)
	}
	for _, f := range figures {
		fmt.Println(f)
	}
}
